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

/// <summary>Trains a density on the rows of a data view.</summary>
internal sealed class DensityTraining(IHost host, NormalizingFlowOptions options)
{
    private const long RowsThatAffordValidation = 100;
    private const long RowsOfWhichATenthIsEnough = 1000;

    /// <exception cref="InvalidOperationException">The data cannot be trained on, or training stopped being finite.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public NormalizingFlowModelParameters Train(IDataView trainData, IDataView? validationData)
    {
        Device device = NativeBackend.ResolveDevice(options.Training.Device);
        using var run = new TrainingRun(host, options.Training);
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator((ulong)run.Seed, CPU);
        DensityColumns.CheckSizes(trainData.Schema, options);
        FeatureLayout layout = FeatureLayout.Create(trainData.Schema[options.FeatureColumnName], options.ManifoldFeatures);
        RawRows all = Read(trainData, layout, run), rows = all;
        RawRows? validation = validationData is null ? null : Read(validationData, layout, run);
        run.Begin(options, rows, validation);
        if (validation is null)
        {
            (rows, validation) = HoldOut(rows, generator);
        }

        int contextCount = (int)(rows.Context?.shape[1] ?? 0);
        FlowPlan plan = FlowPlan.Create(options, rows.Features.shape[0], layout.Count + contextCount);
        var architecture = new NormalizingFlowArchitecture(
            layout,
            contextCount,
            plan.HiddenWidth,
            options.HiddenLayers,
            options.Activation,
            options.Time);
        var network = new DensityNetwork(architecture, FlowOptions(plan, run.CancellationToken), generator);
        try
        {
            WarnOfConstants(run.Channel, trainData, network.Fit(rows.Features, rows.Context), plan.Smoothing);
            network.ScaleToDetail(plan.Detail);
            DensityTrainingSet training = Encode(network, rows).To(device);
            DensityTrainingSet? held = validation is null ? null : Encode(network, validation).To(device);
            network.to(device);
            Train(network, plan, training, held, generator, run);
            network.Freeze();
            var model = new NormalizingFlowModelParameters(host, new DensityEvaluator(network, device), options.Tolerance, options.Scoring);
            SetThreshold(model, all);
            run.Complete();
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

    private FlowOptions FlowOptions(FlowPlan plan, CancellationToken cancellationToken) => new()
    {
        Solver = new OdeOptions
        {
            StepControl = new PiStepControl { RelativeTolerance = options.TrainingTolerance, AbsoluteTolerance = options.TrainingTolerance, InitialStep = 0.5 },
            CancellationToken = cancellationToken,
        },
        Trace = options.Trace,
        KineticPenalty = plan.KineticPenalty,
        JacobianPenalty = plan.JacobianPenalty,
    };

    private void Train(DensityNetwork network, FlowPlan plan, DensityTrainingSet training, DensityTrainingSet? validation, Generator generator, TrainingRun run)
    {
        ITrainingProblem problem = options.Method == FlowTrainingMethod.FlowMatching
            ? new FlowMatchingProblem(network, training, validation, plan.Smoothing, generator)
            : new LikelihoodProblem(network, training, validation, plan.Smoothing, generator, run.CancellationToken);
        using var loop = new TrainingLoop(problem, TrainingPlan.Create(options.Training, plan.Training, training.Count, run.Seed), run);
        loop.Run();
    }

    private RawRows Read(IDataView data, FeatureLayout layout, TrainingRun run)
    {
        var reader = new TrainingSetReader(options.FeatureColumnName, null, options.ExampleWeightColumnName, options.ContextColumnName, layout.FindFault);
        using TrainingSet set = reader.Read(data, run.Channel, run.CancellationToken);

        // The set's tensors belong to no dispose scope; their aliases belong to the current one.
        return new RawRows(set.Features.alias(), set.Context?.alias(), set.Weights?.alias());
    }

    private (RawRows Training, RawRows? Validation) HoldOut(RawRows rows, Generator generator)
    {
        long count = rows.Features.shape[0];
        double fraction = options.Training.ValidationFraction ?? (count >= RowsOfWhichATenthIsEnough ? 0.1 : count >= RowsThatAffordValidation ? 0.2 : 0);
        long held = (long)Math.Round(fraction * count);
        if (held == 0 || held == count)
        {
            return (rows, null);
        }

        Tensor order = randperm(count, generator: generator);
        return (rows.Select(order.narrow(0, held, count - held)), rows.Select(order.narrow(0, 0, held)));
    }

    private static DensityTrainingSet Encode(DensityNetwork network, RawRows rows)
    {
        using IDisposable noGradient = no_grad();
        return new DensityTrainingSet(network.EncodeFeatures(rows.Features), network.EncodeContext(rows.Context), rows.Weights);
    }

    private void SetThreshold(NormalizingFlowModelParameters model, RawRows rows)
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
    }

    private void WarnOfConstants(IChannel channel, IDataView data, IReadOnlyList<int> constant, double smoothing)
    {
        if (constant.Count > 0)
        {
            int count = data.Schema[options.FeatureColumnName].Type is Microsoft.ML.Data.VectorDataViewType type ? type.Size : 0;
            channel.Warning($"{constant.Count} of {count} features in column '{options.FeatureColumnName}' are constant, the first in slot {constant[0]}: they are taken to have standard deviation {smoothing:G2} about their value.");
        }
    }

    private sealed record RawRows(Tensor Features, Tensor? Context, Tensor? Weights)
    {
        public RawRows Select(Tensor indices) =>
            new(Features.index_select(0, indices), Context?.index_select(0, indices), Weights?.index_select(0, indices));
    }
}
