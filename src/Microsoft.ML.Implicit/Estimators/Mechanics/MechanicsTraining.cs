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

    // Of few series none is spared: for bounds each is forecast by a model that was trained without it and some others.
    private const int Folds = 5;

    private TrainingDefaults Defaults => options.EstimatesStates
        ? new(Steps: 1000, LearningRate: 5e-3, WeightDecay: 0, MinimumEpochs: 3, MaximumBatchSize: 64)
        : new(Steps: 10_000, LearningRate: 1e-2, WeightDecay: 0, MinimumEpochs: 3, MaximumBatchSize: 256);

    private bool HasBounds => options.ConfidenceLowerBoundColumn is not null || options.ConfidenceUpperBoundColumn is not null;

    protected override SeriesSet Read(IDataView data) => reader.Read(data, Run.Channel, Run.ThrowIfCancelled);

    protected override IEnumerable<KeptSetting> KeptSettings(MechanicsModelParameters initial)
    {
        MechanicsArchitecture kept = initial.Architecture;
        return
        [
            .. KeptColumns(initial.Columns, kept),
            KeptSetting.Of(nameof(options.AngleColumnNames), Names(MechanicsArchitecture.AnglesOf(options)), Names(kept.Angles)),
            KeptSetting.Of(nameof(options.Form), options.Form ?? kept.Form, kept.Form),
            KeptSetting.Of(nameof(options.HasFriction), options.HasFriction ?? kept.HasFriction, kept.HasFriction),
            KeptSetting.Of(nameof(options.CoordinatesPerBody), options.CoordinatesPerBody ?? 0, kept.CoordinatesPerBody),
            KeptSetting.Of(nameof(options.HiddenWidth), options.HiddenWidth, kept.HiddenWidth),
            KeptSetting.Of(nameof(options.HiddenLayers), options.HiddenLayers, kept.HiddenLayers),
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
        TimeSeries[] all = [.. training.Series, .. validation?.Series ?? []];
        MeasuredRanges ranges = Initial?.Scaling.Ranges ?? MeasuredRanges.Learn(all);
        ranges.Report(all, [.. reader.Columns.Values, .. reader.Columns.Covariates], Run.Channel);
        TimeSeries[] series = [.. training.Series.Select(ranges.Clean)];
        TimeSeries[]? held = validation is null ? null : [.. validation.Series.Select(ranges.Clean)];
        MechanicsArchitecture[] candidates = Initial is not null ? [Initial.Architecture] : MechanicsArchitecture.Candidates(options);
        TimeSeries[] trials = held ?? series;
        candidates = trials.Any(MotionTrial.Fits) ? candidates : candidates[..1];
        MechanicsScaling scaling = Initial?.Scaling ?? MechanicsScaling.Fit(series, candidates[0], ranges);
        int window = options.WindowLength ?? (options.EstimatesStates ? scaling.UsualWindow : ExactWindow);
        Run.KeepChoice(nameof(options.WindowLength), options.WindowLength, window);
        int examples = Windows(Motions(series, scaling, candidates[0]), window).Length;
        if (examples == 0)
        {
            throw new InvalidOperationException(
                $"There is nothing to learn from: no series has two observations, the first of them with all of {string.Join(", ", reader.Columns.Values)}.");
        }

        TrainingPlan plan = Run.Plan(Defaults, examples);
        int folds = HasBounds && held is null && series.Length > 1 ? Math.Min(Folds, series.Length) : 0;
        var means = new List<double>();
        var errors = new List<MotionError>();
        MechanicalDynamics[] networks = EnsembleTraining.Run(candidates.Length + folds, Run.Options, member =>
        {
            if (member.Index < candidates.Length)
            {
                MechanicalDynamics candidate = Learn(candidates[member.Index], scaling, series, held ?? [], window, plan, member, generator);
                means.Add(candidates.Length == 1 ? 0 : MotionTrial.Mean(Errors(Complete(candidates[member.Index], candidate), trials), scaling));
                return candidate;
            }

            MechanicsArchitecture chosen = candidates[MotionTrial.Choose(means)];
            int fold = member.Index - candidates.Length;
            MechanicalDynamics without = Learn(chosen, scaling, [.. series.Where((_, i) => i % folds != fold)], [], window, plan, member, generator);
            errors.AddRange(Errors(Complete(chosen, without), [.. series.Where((_, i) => i % folds == fold)]));
            return without;
        });
        int best = MotionTrial.Choose(means);
        Run.KeepOnly([best]);
        Array.ForEach([.. networks.Where((_, i) => i != best)], network => network.Dispose());
        return HandOver(networks[best], () =>
        {
            MechanicsModelParameters model = Complete(candidates[best], networks[best]);
            model.Errors = HasBounds ? Gather(errors.Count > 0 ? errors : Errors(model, trials)) : null;
            return model;
        });

        MechanicsModelParameters Complete(MechanicsArchitecture architecture, MechanicalDynamics dynamics) => new(
            architecture, reader.Columns, scaling, dynamics, options.EstimatesStates ? window : 1,
            Initial?.EnergyUnits ?? MechanicsEnergy.Fit(dynamics, Motions(series, scaling, architecture), architecture, scaling));
    }

    private MechanicalDynamics Learn(
        MechanicsArchitecture architecture, MechanicsScaling scaling, TimeSeries[] series, TimeSeries[] held, int window, TrainingPlan plan, EnsembleMember member, Generator generator)
    {
        MechanicalDynamics dynamics = architecture.CreateDynamics(generator);
        return HandOver(dynamics, () =>
        {
            Initial?.Dynamics.CopyStateTo(dynamics);
            dynamics.to(Run.Device);
            MotionWindow[] windows = Windows(Motions(series, scaling, architecture), window), heldOut = Windows(Motions(held, scaling, architecture), window);
            using (var problem = new MechanicsProblem(dynamics, architecture.Angles, windows, heldOut, options.EstimatesStates, Run.Device, Run.CancellationToken))
            {
                Optimize(problem, plan, member);
            }

            dynamics.FreezeState();
            return dynamics;
        });
    }

    private IEnumerable<MotionError> Errors(MechanicsModelParameters model, IReadOnlyList<TimeSeries> series) => MotionTrial.Errors(model, series, Run.CancellationToken);

    private MotionErrors Gather(IEnumerable<MotionError> errors) => MotionErrors.Of(errors, options.ConfidenceLevel)
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
