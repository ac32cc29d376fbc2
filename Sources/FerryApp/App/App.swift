// SPDX-License-Identifier: Apache-2.0

/// One app: typed functions that work on files.
///
/// ```swift
/// struct Resize: App {
///     static let manifest = AppInfo("demo/resize", version: "1", description: "Shrinks a picture.", category: "image")
///     struct Input: AppInput {
///         @Field("The picture.", mediaType: "image/*") var image: File
///         @Field("Width in pixels.", in: 1...16384) var width: Int = 640
///     }
///     struct Output: AppOutput { @Field("The smaller picture.") var image: File }
///
///     func run(_ input: Input, context: TaskContext<Output>) async throws -> Output {
///         let path = context.outputPath("small.png")
///         try shrink(input.image, to: path)
///         return Output { $0.image = File(path: path) }
///     }
/// }
/// ```
///
/// Make an executable of one or more apps with ``AppWorker/main(arguments:apps:)``. A process works on one task at a
/// time, so an app sees one call at a time; it lives as long as the process and may keep what is dear to load.
public protocol App: Sendable {
    /// What ``run(_:context:)`` takes.
    associatedtype Input: AppInput
    /// What ``run(_:context:)`` gives.
    associatedtype Output: AppOutput
    /// What the app is set up with; ``NoSetup`` unless said otherwise.
    associatedtype Setup: AppSetup = NoSetup

    /// What the app is called and what it is for.
    static var manifest: AppInfo { get }

    /// Functions beside ``run(_:context:)``; none unless said otherwise.
    static var functions: [AppFunction<Self>] { get }

    /// Loads what is dear to load. Called once, before the first run; the Swift task is cancelled when the host gives up.
    ///
    /// - Throws: ``AppFailure`` with a message for the caller.
    mutating func setup(_ setup: Setup, context: SetupContext) async throws

    /// Works on one task.
    ///
    /// Files to be handed out belong into ``TaskContext/outputDirectory``, and must be complete when the output is
    /// returned. The Swift task this runs in is cancelled when the caller cancels; stop then, best by throwing
    /// `CancellationError`.
    ///
    /// - Throws: ``AppFailure`` with a message for the caller. Of any other error the caller learns only that the app
    ///   failed; its text goes to the log.
    func run(_ input: Input, context: TaskContext<Output>) async throws -> Output

    /// Lets go of what was loaded. Called when the process is about to end, if the setup succeeded.
    func unload() async

    /// Told that the caller cancels, before the Swift task is cancelled, for work that Swift's cancellation cannot
    /// reach. Has two seconds; after that the task is cancelled all the same.
    func onCancel() async
}

extension App {
    public static var functions: [AppFunction<Self>] { [] }
    public func setup(_ setup: Setup, context: SetupContext) async throws {}
    public func unload() async {}
    public func onCancel() async {}
}
