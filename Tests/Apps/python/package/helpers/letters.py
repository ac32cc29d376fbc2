# SPDX-License-Identifier: Apache-2.0

def is_letter(character):
    return character.isalpha()
