using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Trains a density.</summary>
/// <param name="host">The trainer's host.</param>
/// <param name="options">The trainer's options.</param>
/// <param name="scoring">What makes a row an anomaly.</param>
/// <param name="column">Column of the features.</param>
/// <param name="run">The run.</param>
internal sealed class DensityTraining(IHost host, NormalizingFlowOptions options, AnomalyScoring scoring, DataViewSchema.Column column, TrainingRun run)
    : ModelTraining<TrainingSet, NormalizingFlowModelParameters>(options, run)
{
    private readonly FeatureLayout _layout = FeatureLayout.Create(column, options.ManifoldFeatures);
    private TrainingSet? _all;

    /// <summary>The threshold is set on all of them.</summary>
    protected override bool NeedsAllRows => true;

    protected override TrainingSet Read(IDataView data)
    {
        var reader = new TrainingSetReader(options.FeatureColumnName, null, options.ExampleWeightColumnName, options.ContextColumnName, _layout.FindFault);
        return reader.Read(data, Run.Channel, Run.CancellationToken);
    }

    protected override IEnumerable<KeptSetting> KeptSettings(NormalizingFlowModelParameters initial)
    {
        NormalizingFlowArchitecture kept = initial.Evaluator.Network.Architecture;
        return
        [
            KeptSetting.Of(nameof(options.HiddenWidth), options.HiddenWidth, kept.HiddenWidth),
            KeptSetting.Of(nameof(options.HiddenLayers), options.HiddenLayers, kept.HiddenLayers),
            KeptSetting.Of(nameof(options.Activation), options.Activation, kept.Activation),
            KeptSetting.Of(nameof(options.Time), options.Time, kept.Time),
        ];
    }

    protected override void Examine(TrainingSet rows)
    {
        _all = rows;
        if (Initial is not null)
        {
            long contexts = rows.Context?.shape[1] ?? 0;
            RequireInitial(Initial.Layout.IsLike(_layout), $"it reads {Initial.FeatureCount} features, and column '{options.FeatureColumnName}' holds {_layout.Count}, or others of them are angles and unit vectors.");
            RequireInitial(Initial.ContextCount == contexts, $"its density is conditioned on {Initial.ContextCount} numbers, and there are {contexts}.");
        }
    }

    protected override NormalizingFlowModelParameters Train(TrainingSet training, TrainingSet? validation, Generator generator)
    {
        using DisposeScope scope = NewDisposeScope();
        int contextCount = (int)(training.Context?.shape[1] ?? 0);
        FlowPlan plan = FlowPlan.Create(options, training.Count, _layout.Count + contextCount);
        Run.KeepChoice(nameof(options.KineticPenalty), options.KineticPenalty, plan.KineticPenalty);
        Run.KeepChoice(nameof(options.JacobianPenalty), options.JacobianPenalty, plan.JacobianPenalty);
        Run.KeepChoice(nameof(options.Smoothing), options.Smoothing, plan.Smoothing);
        NormalizingFlowArchitecture architecture = Initial?.Evaluator.Network.Architecture ?? new NormalizingFlowArchitecture(
            _layout,
            contextCount,
            plan.HiddenWidth,
            options.HiddenLayers,
            options.Activation,
            options.Time);
        Run.KeepChoice(nameof(options.HiddenWidth), options.HiddenWidth, architecture.HiddenWidth);
        var network = new DensityNetwork(architecture, FlowOptions(plan), generator);
        try
        {
            if (Initial is null)
            {
                WarnOfConstants(network.Fit(training.Features, training.Context), plan.Smoothing);
                network.ScaleToDetail(plan.Detail);
            }
            else
            {
                Initial.Evaluator.Network.CopyTo(network);
            }

            DensityTrainingSet rows = Encode(network, training).To(Run.Device);
            DensityTrainingSet? heldOut = validation is null ? null : Encode(network, validation).To(Run.Device);
            network.to(Run.Device);
            ITrainingProblem problem = options.Method == FlowTrainingMethod.FlowMatching
                ? new FlowMatchingProblem(network, rows, heldOut, plan.Smoothing, generator)
                : new LikelihoodProblem(network, rows, heldOut, plan.Smoothing, generator, Run.CancellationToken);
            Optimize(problem, Run.Plan(plan.Training, rows.Count));
            if (options.HeavyTails && heldOut is not null)
            {
                network.Flow.Base = TailChoice.Choose(network.Flow, heldOut);
            }

            network.FreezeState();
            var evaluator = new DensityEvaluator(network, Run.Device);
            var model = new NormalizingFlowModelParameters(host, evaluator, options.Tolerance, new AnomalyScorer(scoring, CreateDistance(evaluator, generator)));
            Calibrate(model, _all!);
            return model;
        }
        catch (SolveFailedException exception)
        {
            network.Dispose();
            throw new InvalidOperationException(
                $"The differential equation could not be solved in training: {exception.Message} Lower Training.LearningRate, or raise {nameof(options.KineticPenalty)} or {nameof(options.Smoothing)}.",
                exception);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private FlowOptions FlowOptions(FlowPlan plan) => new()
    {
        Solver = new OdeOptions
        {
            StepControl = new PiStepControl { RelativeTolerance = options.TrainingTolerance, AbsoluteTolerance = options.TrainingTolerance, InitialStep = 0.5 },
            CancellationToken = Run.CancellationToken,
        },
        Trace = options.Trace,
        KineticPenalty = plan.KineticPenalty,
        JacobianPenalty = plan.JacobianPenalty,
    };

    private static DensityTrainingSet Encode(DensityNetwork network, TrainingSet rows)
    {
        using IDisposable noGradient = no_grad();
        return new DensityTrainingSet(network.EncodeFeatures(rows.Features), network.EncodeContext(rows.Context), rows.Weights);
    }

    private NeighbourDistance? CreateDistance(DensityEvaluator evaluator, Generator generator)
    {
        if (scoring != AnomalyScoring.DensityAndDistance)
        {
            return null;
        }

        using DisposeScope scope = NewDisposeScope();
        TrainingSet kept = _all!.Select(randperm(_all.Count, generator: generator).narrow(0, 0, NeighbourDistance.RowsKept(_all.Count, _layout.Count)));
        float[] features = kept.Features.data<float>().ToArray(), context = kept.Context?.data<float>().ToArray() ?? [];
        double[] logDensities = new double[kept.Count];
        evaluator.Encode(features, default, logDensities, default, context, options.Tolerance);
        return NeighbourDistance.Create(_layout, features, context, logDensities);
    }

    // Sets what depends on the scores of the training rows.
    private void Calibrate(NormalizingFlowModelParameters model, TrainingSet rows)
    {
        float[] scores = new float[rows.Features.shape[0]];
        double[] batch = new double[DensityEvaluator.RowsAtOnce], logDensities = new double[batch.Length];
        for (int first = 0; first < scores.Length; first += batch.Length)
        {
            int count = Math.Min(batch.Length, scores.Length - first);
            model.Score(Values(rows.Features), logDensities.AsSpan(0, count), batch.AsSpan(0, count), rows.Context is null ? default : Values(rows.Context));
            for (int row = 0; row < count; row++)
            {
                scores[first + row] = SingleRange.Saturate(batch[row]);
            }

            float[] Values(Tensor all)
            {
                using Tensor part = all.narrow(0, first, count);
                return part.data<float>().ToArray();
            }
        }

        model.Threshold = AnomalyThreshold.Of(scores, options.Contamination, options.Tolerance);
        model.Distribution = ScoreDistribution.Create(scores);
    }

    private void WarnOfConstants(IReadOnlyList<int> constant, double smoothing)
    {
        if (constant.Count > 0)
        {
            Run.Channel.Warning($"{constant.Count} of {column.Type.GetVectorSize()} features in column '{column.Name}' are constant, the first in slot {constant[0]}: they are taken to have standard deviation {smoothing:G2} about their value.");
        }
    }
}
