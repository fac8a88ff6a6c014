using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Layers.Ode.Mechanics;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Trains the dynamics of a mechanical system on windows of its series.</summary>
/// <param name="options">The forecaster's options.</param>
/// <param name="reader">Reads series.</param>
/// <param name="run">The run.</param>
internal sealed class MechanicsTraining(MechanicsOptions options, SeriesSetReader reader, TrainingRun run) : ModelTraining<SeriesSet, MechanicsModelParameters>(options, run)
{
    // Exact observations need no long windows: many short ones side by side cost less for each step.
    private const int ExactWindow = 2;

    // Where errors are measured on, if there are to be bounds.
    private const int SeriesThatAffordValidation = 10;
    private const double ValidationFraction = 0.2;

    private TrainingDefaults Defaults => options.EstimatesStates
        ? new(Steps: 1000, LearningRate: 5e-3, WeightDecay: 0, MinimumEpochs: 3, MaximumBatchSize: 64)
        : new(Steps: 10_000, LearningRate: 1e-2, WeightDecay: 0, MinimumEpochs: 3, MaximumBatchSize: 256);

    private bool HasBounds => options.ConfidenceLowerBoundColumn is not null || options.ConfidenceUpperBoundColumn is not null;

    protected override SeriesSet Read(IDataView data) => reader.Read(data, Run.Channel, Run.ThrowIfCancelled);

    protected override double? HeldOutFraction(long rows) => HasBounds && rows >= SeriesThatAffordValidation ? ValidationFraction : base.HeldOutFraction(rows);

    protected override IEnumerable<KeptSetting> KeptSettings(MechanicsModelParameters initial)
    {
        var given = new MechanicsArchitecture(options);
        MechanicsArchitecture kept = initial.Architecture;
        return
        [
            .. KeptColumns(initial.Columns, kept),
            KeptSetting.Of(nameof(options.AngleColumnNames), Names(given.Angles), Names(kept.Angles)),
            KeptSetting.Of(nameof(options.Form), given.Form, kept.Form),
            KeptSetting.Of(nameof(options.HasFriction), given.HasFriction, kept.HasFriction),
            KeptSetting.Of(nameof(options.CoordinatesPerBody), given.CoordinatesPerBody, kept.CoordinatesPerBody),
            KeptSetting.Of(nameof(options.HiddenWidth), given.HiddenWidth, kept.HiddenWidth),
            KeptSetting.Of(nameof(options.HiddenLayers), given.HiddenLayers, kept.HiddenLayers),
        ];

        IEnumerable<string> Names(int[] angles) => angles.Select(angle => initial.Columns.Values[angle]);
    }

    // Rates of momenta and of velocities are told apart by the form.
    private IEnumerable<KeptSetting> KeptColumns(SeriesColumns kept, MechanicsArchitecture architecture)
    {
        int positions = architecture.Positions;
        yield return KeptSetting.Of(nameof(options.PositionColumnNames), options.PositionColumnNames, kept.Values[..positions]);
        yield return architecture.HasMomenta
            ? KeptSetting.Of(nameof(options.MomentumColumnNames), options.MomentumColumnNames, kept.Values[positions..])
            : KeptSetting.Of(nameof(options.VelocityColumnNames), options.VelocityColumnNames, kept.Values[positions..]);
        yield return KeptSetting.Of(nameof(options.ControlColumnNames), options.ControlColumnNames, kept.Covariates);
    }

    protected override MechanicsModelParameters Train(SeriesSet training, SeriesSet? validation, Generator generator)
    {
        using DisposeScope scope = NewDisposeScope();
        MechanicsArchitecture architecture = Initial?.Architecture ?? new MechanicsArchitecture(options);
        TimeSeries[] all = [.. training.Series, .. validation?.Series ?? []];
        MeasuredRanges ranges = Initial?.Scaling.Ranges ?? MeasuredRanges.Learn(all);
        ranges.Report(all, [.. reader.Columns.Values, .. reader.Columns.Covariates], Run.Channel);
        TimeSeries[] series = [.. training.Series.Select(ranges.Clean)];
        TimeSeries[]? held = validation is null ? null : [.. validation.Series.Select(ranges.Clean)];
        MechanicsScaling scaling = Initial?.Scaling ?? MechanicsScaling.Fit(series, architecture, ranges);
        int window = options.WindowLength ?? (options.EstimatesStates ? scaling.UsualWindow : ExactWindow);
        Run.KeepChoice(nameof(options.WindowLength), options.WindowLength, window);
        Motion[] motions = Motions(series, scaling, architecture);
        MotionWindow[] windows = Windows(motions, window);
        if (windows.Length == 0)
        {
            throw new InvalidOperationException(
                $"There is nothing to learn from: no series has two observations, the first of them with all of {string.Join(", ", reader.Columns.Values)}.");
        }

        MechanicalDynamics dynamics = architecture.CreateDynamics(generator);
        try
        {
            Initial?.Dynamics.CopyStateTo(dynamics);
            dynamics.to(Run.Device);
            MotionWindow[] heldOut = held is null ? [] : Windows(Motions(held, scaling, architecture), window);
            using (var problem = new MechanicsProblem(dynamics, architecture.Angles, windows, heldOut, options.EstimatesStates, Run.Device, Run.CancellationToken))
            {
                Optimize(problem, Run.Plan(Defaults, windows.Length));
            }

            dynamics.FreezeState();
            MechanicsEnergy energy = Initial?.EnergyUnits ?? MechanicsEnergy.Fit(dynamics, motions, architecture, scaling);
            var model = new MechanicsModelParameters(architecture, reader.Columns, scaling, dynamics, options.EstimatesStates ? window : 1, energy);
            model.Errors = HasBounds ? MeasureErrors(model, held ?? series) : null;
            return model;
        }
        catch
        {
            dynamics.Dispose();
            throw;
        }
    }

    private MotionErrors MeasureErrors(MechanicsModelParameters model, TimeSeries[] series) =>
        MotionErrors.Measure(model, series, options.ConfidenceLevel, Run.CancellationToken)
        ?? throw new InvalidOperationException(
            $"There is nothing to tell {nameof(options.ConfidenceLowerBoundColumn)} and {nameof(options.ConfidenceUpperBoundColumn)} from: the series that errors are measured on have too few observations after their first two. Give more series, or longer ones.");

    private static Motion[] Motions(IReadOnlyList<TimeSeries> series, MechanicsScaling scaling, MechanicsArchitecture architecture) =>
        [.. series.Select(s => new Motion(s, scaling, architecture))];

    // All that fit into a series, or all of a series that is shorter.
    private MotionWindow[] Windows(Motion[] motions, int length) =>
    [
        .. motions.Where(motion => motion.Count > 1).SelectMany(motion => Enumerable.Range(0, Math.Max(1, motion.Count - length + 1))
            .Where(start => options.EstimatesStates ? motion.Guess(start) is not null : Array.TrueForAll(motion.States[start], double.IsFinite))
            .Select(start => new MotionWindow(motion, start, Math.Min(length, motion.Count - start) - 1))),
    ];
}
