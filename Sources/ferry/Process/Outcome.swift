// SPDX-License-Identifier: Apache-2.0

import FerryApp
import FerryClient
import FerryWire

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// How a command failed: its exit code, and what is to be said of it.
struct Outcome {
    /// Exit codes, as scripts rely on them.
    enum ExitStatus: Int32 {
        case done = 0
        case failed = 1
        case usage = 2
        case notFound = 4
        case retryable = 5
        case refused = 6
        case interrupted = 130
    }

    /// The exit code.
    var status: ExitStatus
    /// The failure's stable name.
    var code: String
    /// What happened and the remedy; empty to say nothing.
    var message: String
    /// The task concerned.
    var taskID: String?
    /// The chat concerned.
    var chatID: String?

    /// An outcome of these values.
    init(status: ExitStatus, code: String, message: String, taskID: String? = nil) {
        self.status = status
        self.code = code
        self.message = message
        self.taskID = taskID
    }

    /// What an error means for the command line.
    init(_ error: any Error) {
        switch error {
        case let error as FerryError: self.init(error)
        case let error as CommandFailure: self.init(error)
        case let error as AppFailure: self.init(error)
        case let error as ChatFailure:
            self.init(error.reason)
            chatID = error.chatID
        case let error as PartialFailure: self = error.outcome
        case let error as RefusedPlan: self = error.outcome
        case is BrokenPipe: self.init(status: .done, code: "", message: "")
        case is CancellationError: self.init(status: .interrupted, code: "interrupted", message: "interrupted")
        default: self.init(status: .failed, code: "failed", message: "\(error)")
        }
    }

    private init(_ error: CommandFailure) {
        let status: ExitStatus =
            switch error.kind {
            case .other: .failed
            case .usage: .usage
            case .localFileNotFound: .notFound
            case .sourceChanged: .retryable
            case .refused, .alreadyExists, .limitExceeded: .refused
            }
        self.init(status: status, code: error.kind.rawValue, message: error.description)
    }

    private init(_ error: FerryError) {
        self.init(
            status: Self.status(of: error), code: error.serverCode ?? error.code.description,
            message: Wording.message(of: error), taskID: error.taskID)
    }

    private static func status(of error: FerryError) -> ExitStatus {
        switch error.code {
        case .taskFailed, .taskCancelled: return .failed
        case .notFound, .localFileNotFound: return .notFound
        default: break
        }
        if error.isRetryable || error.code == .sourceChanged { return .retryable }
        switch error.code {
        case .unauthorized, .forbidden, .invalidInput, .invalidDataURI, .conflict, .tooLarge, .alreadyExists,
            .limitExceeded:
            return .refused
        case .localFile:
            // Without a system call behind it, the file is of a kind that is never transferred.
            guard let call = error.underlying as? SystemCallError else { return .refused }
            return [EACCES, EPERM, EROFS, EISDIR].contains(call.number) ? .refused : .failed
        default:
            return error.status.map { (400..<500).contains($0) } == true ? .refused : .failed
        }
    }

    /// The one line for people.
    var line: String { "ferry: \(Printable.line(message))" }

    /// The one object for programs.
    var json: JSONValue {
        var error: JSONObject = ["code": .string(code), "message": .string(message)]
        if let taskID { error["task_id"] = .string(taskID) }
        if let chatID { error["chat_id"] = .string(chatID) }
        return ["error": .object(error)]
    }
}
