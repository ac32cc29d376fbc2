# SPDX-License-Identifier: Apache-2.0

WORDS = {"ferry", "harbour"}
