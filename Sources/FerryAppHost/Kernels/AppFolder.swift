// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// One version of an app in a folder.
struct AppFolder: Sendable, Hashable {
    /// Without links.
    let path: String
    let versionID: String
    let settings: AppSettings
    /// When it last changed.
    let changed: Timestamp

    var reference: String { settings.reference }
}
