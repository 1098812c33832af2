"""How far two profiles, or two samples of rows, are apart.

A method is a frozen dataclass in a file of its own.  The unions below are the registry: to ship a
method, write its file and add its name to a union.  The configuration parser, the reference pages
and the law tests read them.
"""

from typing import get_args

from tidegauge.drift.anderson_darling import AndersonDarling
from tidegauge.drift.chi_squared import ChiSquared
from tidegauge.drift.cramer_von_mises import CramerVonMises
from tidegauge.drift.energy import Energy
from tidegauge.drift.fisher import Fisher
from tidegauge.drift.g_test import GTest
from tidegauge.drift.hellinger import Hellinger
from tidegauge.drift.jensen_shannon import JensenShannon
from tidegauge.drift.kl import KL
from tidegauge.drift.ks import KS
from tidegauge.drift.l_infinity import LInfinity
from tidegauge.drift.mann_whitney import MannWhitney
from tidegauge.drift.mean_change import MeanChange
from tidegauge.drift.psi import PSI
from tidegauge.drift.rows.centroid import Centroid
from tidegauge.drift.rows.domain_classifier import DomainClassifier
from tidegauge.drift.rows.exact_ks import ExactKS
from tidegauge.drift.rows.mmd import MMD
from tidegauge.drift.rows.pca_ks import PCAKS
from tidegauge.drift.rows.pca_reconstruction import PCAReconstruction
from tidegauge.drift.total_variation import TotalVariation
from tidegauge.drift.variance_change import VarianceChange
from tidegauge.drift.wasserstein import Wasserstein, WassersteinNormalised

MixMethods = (
    PSI | KL | JensenShannon | Hellinger | TotalVariation | LInfinity | ChiSquared | GTest | Fisher
)
"""For categories, and for numeric columns by their bins."""

OrderedMethods = (
    KS
    | Wasserstein
    | WassersteinNormalised
    | Energy
    | CramerVonMises
    | AndersonDarling
    | MannWhitney
    | MeanChange
    | VarianceChange
)
"""For numeric columns."""

TableMethods = ExactKS | PCAReconstruction | PCAKS | MMD | DomainClassifier
"""For all columns of a table together, from rows."""

EmbeddingMethods = Centroid | PCAKS | MMD | DomainClassifier
"""For the dimensions of one embedding, from rows."""

MIX: tuple[type[MixMethods], ...] = get_args(MixMethods)
ORDERED: tuple[type[OrderedMethods], ...] = get_args(OrderedMethods)
METHODS: tuple[type[OrderedMethods | MixMethods], ...] = (*ORDERED, *MIX)
ROW_METHODS: tuple[type[TableMethods], ...] = get_args(TableMethods)
EMBEDDING_METHODS: tuple[type[EmbeddingMethods], ...] = get_args(EmbeddingMethods)
ROWS: tuple[type[TableMethods | EmbeddingMethods], ...] = get_args(TableMethods | EmbeddingMethods)
