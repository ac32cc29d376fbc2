// SPDX-License-Identifier: Apache-2.0

/// An app runner whose apps may need time before they can be listed.
public protocol AppPreparing: AppRunner {
    /// Waits until the apps of a name can be run. Does nothing if there are none.
    ///
    /// - Parameters:
    ///   - name: the app's name.
    ///   - namespace: the owner's name; nil for any.
    /// - Throws: ``ServerError`` of code `unavailable` that says why one of them cannot be run; `CancellationError`.
    func prepareApps(name: String, namespace: String?) async throws
}
