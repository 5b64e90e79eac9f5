"""What the file of a DSNMF keeps, and what `save` refuses; see also test_dsnmf."""

import numpy as np
import pytensor
import pytest

from dsnmf import DSNMF
from dsnmf.files import archive

pytestmark = pytest.mark.usefixtures("without_numba")

DATA = np.random.default_rng(0).standard_normal((20, 6))


class Sub(DSNMF):
    pass


def own(**attributes):
    def model():
        model = DSNMF(DATA, (3,))
        for name, value in attributes.items():
            setattr(model, name, value)
        return model

    return model


def other_params():
    model = DSNMF(DATA, (3,))
    model.params[0] = pytensor.shared(model.params[0].get_value(), name="Z_1")
    return model


def finetuned_on_an_own_cost():
    model = DSNMF(DATA, (3,))
    kept, model.cost = model.cost, model.cost * 2
    model.finetune_features()
    model.cost = kept
    return model


RATE = pytensor.shared(1e-3)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (own(train_fun=lambda: 0.0), "a train_fun of its own"),
        (own(get_h=lambda layer_num: None), "a get_h of its own"),
        (own(get_features=lambda: 0), "a get_features of its own"),
        (own(cost=pytensor.shared(1.0)), "a cost of its own"),
        (finetuned_on_an_own_cost, "a cost of its own"),
        (other_params, "params of its own"),
        (
            lambda: DSNMF(DATA, (3,), learning_rate=RATE / 2),
            "a learning_rate that is an expression",
        ),
        (
            lambda: DSNMF(DATA, (3,), l1_norms=[0, 2 * RATE]),
            r"a l1_norms\[1\] that is an expression",
        ),
        (lambda: Sub(DATA, (3,)), "Sub is a subclass of DSNMF"),
    ],
)
def test_what_a_file_cannot_hold_is_refused_by_name(make, words, tmp_path):
    with pytest.raises(ValueError, match=words):
        make().save(tmp_path / "model")
    assert not list(tmp_path.iterdir())


def test_a_subclass_does_not_load(tmp_path):
    DSNMF(DATA, (3,)).save(tmp_path / "model")
    with pytest.raises(ValueError, match=r"Sub is a subclass of DSNMF.*use DSNMF\.load"):
        Sub.load(tmp_path / "model")


def test_shared_scalars_come_back_as_shared_variables(tmp_path):
    rate, weight = pytensor.shared(np.float32(1e-3), name="rate"), pytensor.shared(0.1)
    model = DSNMF(DATA, (4, 3), l1_norms=(weight, 0, weight), learning_rate=rate).fit(3)
    model.save(tmp_path / "model")
    loaded = DSNMF.load(tmp_path / "model")
    assert (loaded.learning_rate.name, loaded.learning_rate.dtype) == ("rate", "float32")
    assert loaded.l1_norms[0] is loaded.l1_norms[2]
    for each in (model, loaded):
        each.fit(2)
        each.learning_rate.set_value(np.float32(1e-4))
        each.l1_norms[0].set_value(0.3)
    assert loaded.fit(3).history == model.fit(3).history


def test_files_of_the_previous_layout_are_read(tmp_path):
    path = tmp_path / "model"
    model = DSNMF(DATA, (3,)).fit(2)
    model.save(path)
    settings, arrays = archive.read(path, "DSNMF", 3)
    del settings["shared"]
    archive.write(path, "DSNMF", 2, settings, arrays)
    assert DSNMF.load(path).fit(2).history == model.fit(2).history
