// SPDX-License-Identifier: Apache-2.0

import CVips
import FerryApp

/// Why the image library refused, with its own words.
struct ImageError: Error, Equatable {
    let status: ferry_vips_status
    let text: String

    /// The failure the caller sees; the file goes by its name.
    func failure(filename: String) -> AppFailure {
        switch status {
        case FERRY_VIPS_UNSUPPORTED, FERRY_VIPS_EMPTY:
            AppFailure("\(filename) is not an image that can be read: \(text)", code: .invalidInput)
        case FERRY_VIPS_TOO_LARGE:
            AppFailure("\(filename) is too large: \(text)", code: .invalidInput)
        case FERRY_VIPS_FAILED:
            AppFailure("\(filename) is damaged or cannot be converted: \(text)", code: .invalidInput)
        case FERRY_VIPS_UNREADABLE:
            AppFailure("\(filename) cannot be read: \(text)")
        default:
            AppFailure("\(filename) could not be processed: \(text)")
        }
    }
}
