// SPDX-License-Identifier: Apache-2.0

/// Which Ferry this is.
public enum FerryVersion {
    /// Semantic version.
    public static let current = "0.1.0"
}
