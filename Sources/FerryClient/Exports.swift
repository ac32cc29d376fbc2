// SPDX-License-Identifier: Apache-2.0

// Records, JSON values and addresses are part of this module's face: one import gives them too.
@_exported public import FerryWire
