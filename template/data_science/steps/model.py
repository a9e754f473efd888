"""The model to train, for each problem type: preparation of the columns, then an estimator."""

from columns import Schema, features
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def build_model(schema: Schema, *, regularization: float) -> Pipeline:
    """Return an untrained model that takes the schema's feature columns.

    Parameters
    ----------
    schema : as `table.load_schema` returns it; a target with categories makes a classifier.
    regularization : strength of the L2 penalty, above 0; more is smoother. As every
        hyperparameter, it is declared in `hyperparameters.json` and comes by its name.
    """
    columns = features(schema)
    numbers = [name for name, kind in columns.items() if kind == "number"]
    categories = [name for name, kind in columns.items() if kind != "number"]
    preparation = ColumnTransformer(
        [
            ("number", make_pipeline(SimpleImputer(), StandardScaler()), numbers),
            (
                "category",
                make_pipeline(
                    SimpleImputer(strategy="most_frequent"),
                    # A category that is not declared is refused when the data are read, unless
                    # the schema lets it through as unknown.
                    OneHotEncoder(
                        categories=[columns[name] for name in categories], handle_unknown="ignore"
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
