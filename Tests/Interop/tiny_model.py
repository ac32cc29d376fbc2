# SPDX-License-Identifier: Apache-2.0
"""Writes a language model of a megabyte whose weights are random: it talks nonsense, but a real engine runs it.

    python tiny_model.py FILE.gguf
"""

import sys

import gguf
import numpy

SEED = 20
CONTEXT = 2048
WIDTH, LAYERS, HEADS, INNER = 64, 2, 4, 128
# How far the logits of words lie above those of everything else, which is never chosen.
LOUDNESS = 3.0

SPECIAL = ["<unk>", "<s>", "</s>"]
WORDS = (
    "a the one two three and or but not is was has can will may sea ship ferry harbour boat wind wave salt sun moon rain "
    "north south east west red blue green white old new long short here there now then over under with from about small "
    "great slow quick bright dark open quiet river bridge lamp rope sail map bird fish stone sand tide"
).split()

TEMPLATE = """\
{%- for message in messages -%}
{{ message['role'] }}:
{%- if message['content'] is string %} {{ message['content'] }}
{%- elif message['content'] -%}
{%- for part in message['content'] %} {{ part['text'] if part['type'] == 'text' else '[picture]' }}{% endfor -%}
{%- endif %}
{% endfor -%}
{%- if add_generation_prompt %}assistant:{% endif -%}
"""


def vocabulary():
    """Tokens with their kinds: special ones, all bytes, printable characters, words."""
    kinds = gguf.TokenType
    tokens = [(SPECIAL[0], kinds.UNKNOWN), *((text, kinds.CONTROL) for text in SPECIAL[1:])]
    tokens += [(f"<0x{byte:02X}>", kinds.BYTE) for byte in range(256)]
    tokens += [("\u2581", kinds.NORMAL), *((chr(code), kinds.NORMAL) for code in range(0x21, 0x7F))]
    # Single letters are there already.
    tokens += [(f"\u2581{word}", kinds.NORMAL) for word in WORDS]
    return tokens


def write(path):
    tokens = vocabulary()
    random = numpy.random.default_rng(SEED)

    def matrix(rows, columns, scale=None):
        return (random.standard_normal((rows, columns)) * (scale or columns ** -0.5)).astype(numpy.float32)

    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("ferry-tiny")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)

    writer.add_tokenizer_model("llama")
    writer.add_token_list([text.encode() for text, _ in tokens])
    # Longer pieces are merged first.
    writer.add_token_scores([float(len(text)) for text, _ in tokens])
    writer.add_token_types([int(kind) for _, kind in tokens])
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(TEMPLATE)

    writer.add_tensor("token_embd.weight", matrix(len(tokens), WIDTH, 1.0))
    for layer in range(LAYERS):
        block = f"blk.{layer}"
        writer.add_tensor(f"{block}.attn_norm.weight", numpy.ones(WIDTH, numpy.float32))
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            writer.add_tensor(f"{block}.{name}.weight", matrix(WIDTH, WIDTH))
        writer.add_tensor(f"{block}.ffn_norm.weight", numpy.ones(WIDTH, numpy.float32))
        writer.add_tensor(f"{block}.ffn_gate.weight", matrix(INNER, WIDTH))
        writer.add_tensor(f"{block}.ffn_up.weight", matrix(INNER, WIDTH))
        writer.add_tensor(f"{block}.ffn_down.weight", matrix(WIDTH, INNER))
    writer.add_tensor("output_norm.weight", numpy.ones(WIDTH, numpy.float32))
    output = matrix(len(tokens), WIDTH, LOUDNESS * WIDTH ** -0.5 * 4)
    output[:len(tokens) - len(WORDS)] = 0
    writer.add_tensor("output.weight", output)

    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    write(sys.argv[1])
