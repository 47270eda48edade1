"""Run by test_transformer.py: compile a translator and print how many graphs there are after each call."""

import torch

from attend.nn.models import EncoderDecoder

LENGTHS = [(9, 5), (7, 6), (8, 4), (5, 7)]  # of source and target


def main() -> None:
    """`fullgraph` fails where a graph would break; the second lengths give a graph for all others."""
    torch.manual_seed(0)
    sizes = {"d_model": 16, "num_heads": 4, "d_ff": 24, "num_encoder_layers": 1, "num_decoder_layers": 1}
    model = EncoderDecoder(11, 13, position="rotary", **sizes).double().eval()
    graphs = []

    def look(graph: torch.fx.GraphModule, inputs: list[torch.Tensor]) -> object:
        graphs.append(graph)
        return graph.forward

    compiled = torch.compile(model, backend=look, fullgraph=True)
    for source_length, target_length in LENGTHS:
        source, target = torch.randint(1, 11, (2, source_length)), torch.randint(1, 13, (2, target_length))
        with torch.no_grad():
            torch.testing.assert_close(
                compiled(source, target), model(source, target), rtol=0, atol=1e-12
            )  # fmt: skip
        print(len(graphs))


if __name__ == "__main__":
    main()
