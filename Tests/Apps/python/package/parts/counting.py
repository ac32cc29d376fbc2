# SPDX-License-Identifier: Apache-2.0

from ..helpers.letters import is_letter


def count_letters(text):
    return sum(1 for character in text if is_letter(character))
