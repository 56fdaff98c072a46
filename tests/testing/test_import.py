import subprocess
import sys

import vecstore.testing


def test_all_contracts_are_offered():
    assert set(vecstore.testing.__all__) == {
        "EncoderContract",
        "IndexContract",
        "PretextContract",
    }


def test_only_the_contract_suites_need_pytest_and_nothing_here_needs_torch():
    code = (
        "import sys, vecstore.store, vecstore.registry, vecstore.config\n"
        "vecstore.registry.Registry.load(vecstore.config.Settings())\n"
        "print(sorted({'pytest', 'torch', 'transformers'} & set(sys.modules)))\n"
        "import vecstore.testing\n"
        "print('pytest' in sys.modules)"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert printed.split("\n")[:2] == ["[]", "True"]
