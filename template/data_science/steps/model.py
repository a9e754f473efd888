"""The model to train, for each problem type: preparation of the columns, then an estimator."""

from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from table import Schema


def build_model(schema: Schema, regularization: float) -> Pipeline:
    """Return an untrained model that takes the schema's feature columns.

    Parameters
    ----------
    schema : as `table.load_schema` returns it; a target with categories makes a classifier.
    regularization : strength of the L2 penalty, above 0; more is smoother.
    """
    columns = {name: kind for name, kind in schema["columns"].items() if name != schema["target"]}
    numbers = [name for name, kind in columns.items() if kind == "number"]
    categories = [name for name, kind in columns.items() if kind != "number"]
    preparation = ColumnTransformer(
        [
            ("number", make_pipeline(SimpleImputer(), StandardScaler()), numbers),
            (
                "category",
                make_pipeline(
                    SimpleImputer(strategy="most_frequent"),
                    OneHotEncoder(
                        categories=[columns[name] for name in categories], handle_unknown="error"
                    ),
                ),
                categories,
            ),
        ]
    )
    if schema["columns"][schema["target"]] == "number":
        return Pipeline([("prepare", preparation), ("estimate", Ridge(alpha=regularization))])
    classifier = LogisticRegression(C=1 / regularization, max_iter=1000)
    return Pipeline([("prepare", preparation), ("estimate", classifier)])
