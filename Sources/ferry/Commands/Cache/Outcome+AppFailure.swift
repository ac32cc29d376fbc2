// SPDX-License-Identifier: Apache-2.0

import FerryApp

extension Outcome {
    /// What a failure of the file cache means for the command line.
    init(_ error: AppFailure) {
        let status: ExitStatus =
            switch error.code {
            case .fileNotFound: .notFound
            case .fileUnreachable, .fileTimedOut, .fileIncomplete, .fileDamaged: .retryable
            case .fileRefused, .fileTooLarge, .invalidInput: .refused
            default: .failed
            }
        self.init(status: status, code: error.code.rawValue, message: error.message)
    }
}
