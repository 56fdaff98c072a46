"""Contract suites for plugin authors; they need pytest.

The project's own encoders, pretext tasks and index backends pass the very classes that are offered
here.
"""

from vecstore.testing.encoders import EncoderContract
from vecstore.testing.index import IndexContract
from vecstore.testing.pretext import PretextContract

__all__ = ["EncoderContract", "IndexContract", "PretextContract"]
