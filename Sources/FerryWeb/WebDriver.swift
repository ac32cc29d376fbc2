// SPDX-License-Identifier: Apache-2.0

import FerryFetch
import FerryServerCore

/// The web beyond this server, behind a guard.
package struct WebDriver: Sendable {
    package init() {}
}
