// SPDX-License-Identifier: Apache-2.0

package import FerryWire

/// Which changes of a task's state are legal.
///
/// ```
/// received → queued → dispatched → (preparing) → running → (uploading) → completed
///               ↑___________|___________|__________|__________|    interrupted, and may be begun again
/// any of these → cancelling → cancelled;  any of these → failed;  received, queued → rejected or cancelled
/// ```
/// A task without files to bring skips preparing, one without files to take skips uploading: each state is a durable
/// write and a line to every watcher.
package enum TaskStateMachine {
    /// States in which somebody is working on the task.
    package static let active: Set<TaskStatus> = [
        .dispatched, .preparing, .serving, .settingUp, .running, .uploading, .cancelling,
    ]

    /// The states from which a task may enter the given one.
    package static func sources(of status: TaskStatus) -> Set<TaskStatus> {
        switch status {
        case .unknown, .received: []
        case .queued: [.received, .dispatched, .preparing, .serving, .settingUp, .running, .uploading]
        case .dispatched: [.queued]
        case .preparing: [.dispatched]
        case .serving, .settingUp: [.dispatched, .preparing]
        case .running: [.dispatched, .preparing, .serving, .settingUp]
        case .uploading: [.running]
        case .completed: [.running, .uploading]
        case .cancelling: [.dispatched, .preparing, .serving, .settingUp, .running, .uploading]
        case .failed: [.received, .queued, .dispatched, .preparing, .serving, .settingUp, .running, .uploading]
        case .cancelled: [.received, .queued, .cancelling]
        case .rejected: [.received, .queued]
        }
    }
}
