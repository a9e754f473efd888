"""The model to train, for each problem type: preparation of the columns, then an estimator."""

from columns import Schema, features
from derived import DERIVED
from preparation import add_derived, preparation
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer


def build_model(schema: Schema, *, regularization: float) -> Pipeline:
    """Return an untrained model that takes the schema's feature columns.

    Parameters
    ----------
    schema : as `table.load_schema` returns it; a target with categories makes a classifier.
    regularization : strength of the L2 penalty, above 0; more is smoother. As every
        hyperparameter, it is declared in `hyperparameters.json` and comes by its name.
    """
    if schema["columns"][schema["target"]] == "number":
        estimator = Ridge(alpha=regularization)
    else:
        estimator = LogisticRegression(C=1 / regularization, max_iter=1000)
    prepare = preparation({**features(schema), **DERIVED})
    steps = [("prepare", prepare), ("estimate", estimator)]
    if DERIVED:
        steps.insert(0, ("derive", FunctionTransformer(add_derived)))
    return Pipeline(steps)
