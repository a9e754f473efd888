"""What both halves share: who the project is, its AWS clients, its tags, the model contract."""
