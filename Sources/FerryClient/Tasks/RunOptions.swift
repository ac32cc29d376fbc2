// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// Asked before a planned upload begins, with each entry of the plan that is to be uploaded; false is a veto.
public typealias UploadConfirmation = @Sendable (UploadPlan.Entry) async -> Bool

/// How an app is run, beside its input.
public struct RunOptions: Sendable {
    /// The function; nil for the one in the reference, else the app's default. A plan has its own.
    public var function: String?
    /// What the app is set up with; never searched for files.
    public var setup: JSONValue
    /// What automatic upload does with the input. A plan is carried out as it was made.
    public var uploads: UploadPolicy
    /// Whether to wait for the task's end.
    public var wait: Bool
    /// Whether the task is cancelled on the server, in up to the cleanup time limit, when the waiting Swift task is.
    public var cancelsRemotely: Bool
    /// `new`, or a session to go on with.
    public var session: String?
    /// How long a new session stays without a call, in whole seconds from 1 to 3,600; nil for the server's default.
    public var sessionTimeout: Duration?
    /// When the task is to be begun; nil, or a time that is over, for at once.
    public var runAt: Timestamp?
    /// Where the server tells of the end.
    public var webhook: String?
    /// Called with each step of the uploads.
    public var progress: UploadPlanProgressHandler?
    /// Asked for each file before a byte of any leaves; a veto ends the run (`uploadDeclined`) with nothing uploaded.
    public var confirm: UploadConfirmation?

    /// Options; the app's default function, schema-led uploads, waiting and cancelling unless told.
    public init(
        function: String? = nil, setup: JSONValue = .null, uploads: UploadPolicy = .schemaLed, wait: Bool = true,
        cancelsRemotely: Bool = true, session: String? = nil, webhook: String? = nil,
        sessionTimeout: Duration? = nil, runAt: Timestamp? = nil,
        progress: UploadPlanProgressHandler? = nil, confirm: UploadConfirmation? = nil
    ) {
        self.function = function
        self.setup = setup
        self.uploads = uploads
        self.wait = wait
        self.cancelsRemotely = cancelsRemotely
        self.session = session
        self.webhook = webhook
        self.sessionTimeout = sessionTimeout
        self.runAt = runAt
        self.progress = progress
        self.confirm = confirm
    }
}
