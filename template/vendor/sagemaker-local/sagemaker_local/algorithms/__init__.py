"""Built-in algorithms of AWS's, done by the libraries that they are made of."""
