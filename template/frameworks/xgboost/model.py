"""The model to train, for each problem type: preparation of the columns, then an estimator."""

from columns import Schema, features
from derived import DERIVED
from preparation import add_derived, preparation
from sklearn.ensemble import VotingClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from xgboost import XGBClassifier, XGBRegressor


def build_model(
    schema: Schema, *, n_estimators: int, max_depth: int, learning_rate: float
) -> Pipeline:
    """Return an untrained model that takes the schema's feature columns.

    Parameters
    ----------
    schema : as `table.load_schema` returns it; a target with categories makes a classifier.
    n_estimators : how many trees are grown, each to mend what those before it leave wrong.
    max_depth : how many questions deep a tree may be; more finds more, and learns more by heart.
    learning_rate : how much of its mending each tree may do, up to 1. As every hyperparameter,
        these are declared in `hyperparameters.json` and come by their names.
    """
    settings = {
        "n_estimators": n_estimators,
        "max_depth": max_depth,
        "learning_rate": learning_rate,
        "random_state": 0,
    }
    if schema["columns"][schema["target"]] == "number":
        estimator = XGBRegressor(**settings)
    else:
        # XGBoost's classes are numbers; a vote of one model makes them of the categories and back.
        estimator = VotingClassifier([("xgboost", XGBClassifier(**settings))], voting="soft")
    prepare = preparation({**features(schema), **DERIVED})
    steps = [("prepare", prepare), ("estimate", estimator)]
    if DERIVED:
        steps.insert(0, ("derive", FunctionTransformer(add_derived)))
    return Pipeline(steps)
