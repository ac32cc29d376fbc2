// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// How an app is run, beside its input.
public struct RunOptions: Sendable {
    /// The function; nil for the one in the reference, else the app's default.
    public var function: String?
    /// What the app is set up with; never searched for files.
    public var setup: JSONValue
    /// What automatic upload does with the input.
    public var uploads: UploadPolicy
    /// Whether to wait for the task's end.
    public var wait: Bool
    /// Whether the task is cancelled on the server, in up to the cleanup time limit, when the waiting Swift task is.
    public var cancelsRemotely: Bool
    /// `new`, or a session to go on with.
    public var session: String?
    /// Where the server tells of the end.
    public var webhook: String?

    /// Options; the app's default function, schema-led uploads, waiting and cancelling unless told.
    public init(
        function: String? = nil, setup: JSONValue = .null, uploads: UploadPolicy = .schemaLed, wait: Bool = true,
        cancelsRemotely: Bool = true, session: String? = nil, webhook: String? = nil
    ) {
        self.function = function
        self.setup = setup
        self.uploads = uploads
        self.wait = wait
        self.cancelsRemotely = cancelsRemotely
        self.session = session
        self.webhook = webhook
    }
}
