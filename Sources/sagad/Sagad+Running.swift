internal import ArgumentParser
internal import Logging
internal import SagaArchive
internal import SagaCoordinator
internal import SagaJournal
internal import SagaModel
internal import SagaSystem
internal import SagaTransport
internal import UnixSignals

// The life of a daemon: from its settings to its end.
extension Sagad {
    /// Runs until it is told to end.
    ///
    /// - Parameters:
    ///   - settings: what is in force.
    ///   - arguments: the command line, to read all again.
    func run(_ settings: Settings, _ arguments: [String]) async throws {
        ThisProcess.ignoreBrokenPipes()
        ThisProcess.keepNewFilesPrivate()
        if let check {
            try rehearse(check)
            return
        }
        let threshold = LogThreshold(logLevel.level)
        let logger = makeLogger(threshold)
        let report = ServiceReport(.ofThisProcess, logger: logger)
        let signals = await Signals(logger, report)
        let coordinator = try await start(logger, report)
        if let readyFile {
            do {
                try ReadyFile.write(coordinator, to: readyFile)
            } catch {
                await coordinator.stop()
                throw Complaint("cannot write the ready file: \(error)", exit: .cannotCreate).told
            }
        }
        let places = coordinator.addresses.map(\.description).joined(separator: ",")
        logger.notice(
            "serving",
            metadata: [
                "listen": "\(places)",
                "metrics": "\(coordinator.metricsAddress.map { "\($0)" } ?? "none")",
                "epoch": "\(coordinator.epoch)", "version": "\(Self.version)",
            ])
        report.ready("serving at \(places)")
        let reload = Reload(
            inForce: settings, arguments: arguments, threshold: threshold, logger: logger)
        for await signal in signals.whileServing() {
            if signal == .sighup {
                report.reloading()
                reload.run(coordinator)
                report.ready("serving at \(places)")
                continue
            }
            logger.notice("stopping", metadata: ["signal": "\(signal)"])
            break
        }
        report.stopping()
        await coordinator.stop()
        logger.notice("stopped")
    }

    private func makeLogger(_ threshold: LogThreshold) -> Logger {
        let style: LineLogHandler.Style = ThisProcess.isUnderJournald ? .journald : .stamped
        let repeated = RepeatedLines(most: limits.logLines, within: limits.logWindow)
        let format = logFormat
        return Logger(label: "sagad") { _ in
            LineLogHandler(threshold: threshold, repeated: repeated, style: style, format: format)
        }
    }

    /// Says what a start in a directory would find.
    private func rehearse(_ directory: String) throws {
        let rehearsal: Rehearsal
        do throws(JournalFailure) {
            rehearsal = try Rehearsal.run(directory, limits)
        } catch {
            throw Complaint(error).told
        }
        StandardStream.output.write(rehearsal.lines.map { $0 + "\n" }.joined())
        if !rehearsal.isClean { throw ExitCode(Complaint.Exit.differs.rawValue) }
    }

    /// The limits with as many connections as this process may have files for: what is asked for,
    /// or nothing; fewer than the default if nothing is asked for.
    private func fitted(_ limits: Limits) throws -> Limits {
        let files: Int
        do throws(SystemFailure) {
            files = try FileLimit.raise()
        } catch {
            throw Complaint("cannot tell how many files may be open: \(error)", exit: .system).told
        }
        let others =
            limits.otherDescriptors + eventLoops * 4 + listen.count
            + (metricsListen.address == nil ? 0 : limits.metricConnections + 5)
        let room = files - others
        guard limits.connections > room else { return limits }
        guard maxConnections == nil, room >= Self.fewestConnections else {
            let wanted = maxConnections ?? Self.fewestConnections
            throw Complaint(
                "\(wanted) connections need \(wanted + others) open files, and "
                    + "this process may have \(files); raise the limit (ulimit -n, LimitNOFILE= of "
                    + "systemd)" + (room >= 1 ? ", or set --max-connections to \(room)" : ""),
                exit: .configuration
            ).told
        }
        var limits = limits
        limits.connections = room
        return limits
    }

    /// Fewer are of no use to anybody, unless they are asked for.
    private static let fewestConnections = 64

    private func start(_ logger: Logger, _ report: ServiceReport) async throws -> Coordinator {
        let fitted = try fitted(limits)
        let directory = dataDirectory ?? ""
        var configuration = CoordinatorConfiguration(
            dataDirectory: directory, listen: listen, metrics: metricsListen.address,
            socketMode: socketMode.bits,
            tls: tls.configuration, eventLoops: eventLoops,
            allowsVolatile: allowVolatile, isRestored: restored, version: Self.version,
            limits: fitted,
            archive: archive
                ? SQLiteArchive(
                    path: directory + "/archive.sqlite", retention: fitted.archiveRetention)
                : nil,
            report: report)
        configuration.syncDelayMicroseconds = benchmark.fdatasyncDelay
        do throws(Coordinator.StartFailure) {
            let coordinator = try await Coordinator.start(configuration, logger: logger) {
                failure in
                let complaint = Complaint(failure)
                logger.error(
                    "the journal cannot be written, stopping",
                    metadata: [
                        "code": "\(failure.code)", "reason": "\(failure)",
                        "exit": "\(complaint.exit.rawValue)",
                    ])
                ThisProcess.end(status: complaint.exit.rawValue)
            }
            if fitted.connections < limits.connections {
                logger.notice(
                    "fewer connections than by default, since too few files may be open",
                    metadata: ["connections": "\(fitted.connections)"])
            }
            return coordinator
        } catch {
            throw Complaint(error).told
        }
    }
}
