using System.Globalization;
using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Trains a field's equation.</summary>
internal sealed class FieldTraining(FieldOptions options, TrainingRun run) : ModelTraining<FieldSet, FieldModelParameters>(options, run)
{
    private const double DefaultLearningRate = 1e-3;
    private const double DefaultWeightDecay = 1e-4;
    private const int TargetSteps = 150;
    private const int FewestEpochs = 10;
    private const int LargestBatch = 32;

    // Where the rest is validated on, if it is learned.
    private const int SeriesThatAffordValidation = 5;
    private const double ValidationFraction = 0.2;

    protected override FieldSet Read(IDataView data) => FieldSetReader.Read(data, options, Run.Channel, Run.ThrowIfCancelled);

    protected override double? HeldOutFraction(long rows) => options.LearnsClosure && rows >= SeriesThatAffordValidation ? ValidationFraction : base.HeldOutFraction(rows);

    protected override FieldModelParameters Train(FieldSet training, FieldSet? validation, Generator generator)
    {
        using DisposeScope scope = NewDisposeScope();
        var architecture = new FieldArchitecture(options);
        RequireInitial(Initial is null || Initial.Architecture == architecture, $"it is one of a field on {Initial?.Architecture.Grid}, with other points, boundaries, terms, derivatives or widths than the options say.");
        FieldUnits units = Initial?.Units ?? FieldUnits.Of(training, architecture.Grid);
        CheckHorizon(units);
        long[] points = architecture.Grid.Shape;
        var windows = new FieldWindows(training, units, points, options.RolloutLength);
        FieldWindows? held = validation is null ? null : new FieldWindows(validation, units, points, options.RolloutLength);
        if (windows.Count == 0 || held is { Count: 0 })
        {
            throw new InvalidOperationException("No field of a series is followed by another one within a few times the usual distance.");
        }

        // Weights are drawn from a source of their own, whether rows are held out or not.
        using var weights = new Generator((ulong)Run.Seed, CPU);
        FieldDynamics dynamics = architecture.CreateDynamics(units, weights);
        try
        {
            var defaults = new TrainingDefaults(TargetSteps, DefaultLearningRate, DefaultWeightDecay, FewestEpochs, LargestBatch);
            CoefficientTraining? coefficients = Initial is null
                ? new CoefficientTraining(options, Run, dynamics, windows, held, options.LearnsClosure ? TrainingPlan.Create(Run.Options, defaults, windows.Count, Run.Seed).Epochs : 0)
                : null;
            Initial?.Dynamics.CopyStateTo(dynamics);
            if (coefficients?.Run() != true)
            {
                dynamics.to(Run.Device);
                var problem = new FieldProblem(dynamics, windows, held, options, Run.Device, Run.CancellationToken);
                Optimize(problem, Run.Plan(defaults, windows.Count), EnsembleMember.Alone with { Earlier = coefficients?.Epochs.Count });
            }

            dynamics.to(Run.Device);
            dynamics.FreezeState();
            return new FieldModelParameters(architecture, units, dynamics, options.RolloutLength * units.Time, Run.Device);
        }
        catch
        {
            dynamics.Dispose();
            throw;
        }
    }

    private void CheckHorizon(FieldUnits units)
    {
        double reach = options.RolloutLength * units.Time;
        if (options.Horizon[^1] > ForecastReach.MostHorizons * reach)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"{nameof(options.Horizon)} reaches to {options.Horizon[^1]}, more than {ForecastReach.MostHorizons} times the {reach} that training looks ahead. Is it given in the unit of the time column (days for dates)?"));
        }
    }
}
