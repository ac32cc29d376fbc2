// SPDX-License-Identifier: Apache-2.0

/// Whether processes of apps get a file system of their own.
package enum IsolationMode: Sendable, Hashable {
    /// Where bubblewrap is installed and works.
    case automatic
    /// Never.
    case none
}
