// SPDX-License-Identifier: Apache-2.0

import FerryApp

@main struct Main {
    static func main() async {
        await AppWorker.main { SubtitleShift() }
    }
}
