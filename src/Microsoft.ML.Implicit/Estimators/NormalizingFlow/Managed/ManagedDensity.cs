using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Layers.Flow.Managed;
using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.Ode;
using static TorchSharp.torch;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Encodes rows with a frozen <see cref="DensityNetwork"/> in managed memory, where small networks take a fraction of the time of tensor
/// operations: weights are packed once, and each row takes its own steps. Safe to use from several threads at once.
/// </summary>
internal sealed unsafe class ManagedDensity : IDisposable
{
    private const int RowsAtOnce = 32;

    // Evaluations that a usual solve takes.
    private const int UsualEvaluations = 30;

    private readonly ManagedGaussianizer _gaussianizer;
    private readonly ManagedGaussianizer? _contextGaussianizer;
    private readonly ManagedPerceptronFlow _flow;
    private readonly WorkspacePool<Workspace> _workspaces;
    private readonly RadialKernel _kernel;
    private readonly double _logNormalization;
    private volatile UsualStep? _usualStep;

    /// <param name="gaussianizer">Map of the features.</param>
    /// <param name="contextGaussianizer">Map of the context, where there is one.</param>
    /// <param name="flow">The flow behind them, which this owns.</param>
    /// <param name="kernel">The base distribution.</param>
    /// <param name="solver">How it is solved: by an explicit method with <see cref="PiStepControl"/>, whose tolerances each call gives anew.</param>
    public ManagedDensity(ManagedGaussianizer gaussianizer, ManagedGaussianizer? contextGaussianizer, ManagedPerceptronFlow flow, RadialKernel kernel, OdeOptions solver)
    {
        (_gaussianizer, _contextGaussianizer, _flow, _kernel) = (gaussianizer, contextGaussianizer, flow, kernel);
        _logNormalization = kernel.LogNormalization;
        _workspaces = new WorkspacePool<Workspace>(() => new Workspace(
            new ManagedFlowRows(flow, (ExplicitRungeKutta)solver.Method, (PiStepControl)solver.StepControl, solver.MaximumSteps, RowsAtOnce), contextGaussianizer?.Width ?? 0));
    }

    private int FeatureCount => _gaussianizer.Width;

    private int ContextCount => _contextGaussianizer?.Width ?? 0;

    /// <summary>Maps rows to latent vectors and log densities: NaN for a row with a value that is not finite.</summary>
    /// <param name="features">[rows, features].</param>
    /// <param name="latent">Receives [rows, features], or empty.</param>
    /// <param name="logDensities">Receives [rows], or empty.</param>
    /// <param name="meanSquares">Receives ‖u‖² / d of rows, whose d features made normal and uncorrelated are u: [rows], or empty.</param>
    /// <param name="context">[rows, context].</param>
    /// <param name="tolerance">Relative and absolute tolerance of the local error.</param>
    /// <returns>Whether all finite rows could be solved.</returns>
    public bool TryEncode(ReadOnlySpan<float> features, Span<float> latent, Span<double> logDensities, Span<double> meanSquares, ReadOnlySpan<float> context, double tolerance)
    {
        int count = features.Length / FeatureCount;
        UsualStep step = UsualStepAt(tolerance);
        fixed (float* firstFeatures = features, firstLatent = latent, firstContext = context)
        fixed (double* firstDensity = logDensities, firstSquare = meanSquares)
        {
            return count <= RowsAtOnce
                ? TryEncodeBlock(0, count, firstFeatures, firstLatent, firstDensity, firstSquare, firstContext, step)
                : TryEncodeBlocks(count, firstFeatures, firstLatent, firstDensity, firstSquare, firstContext, step);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _workspaces.Dispose();
        _flow.Dispose();
    }

    private UsualStep UsualStepAt(double tolerance)
    {
        UsualStep? known = _usualStep;
        if (known?.Tolerance != tolerance)
        {
            _usualStep = known = new UsualStep(tolerance, MeasureStep(tolerance));
        }

        return known;
    }

    // By normal rows, as the gaussianizers make them, so that it is a property of the model and no row depends on those beside it.
    private double MeasureStep(double tolerance)
    {
        Workspace workspace = _workspaces.Rent();
        var random = new Random(0);
        for (int row = 0; row < RowsAtOnce; row++)
        {
            foreach (ref float value in workspace.Flow.Row(row)[..FeatureCount])
            {
                value = (float)NormalDistribution.Quantile(random.NextDouble());
            }
        }

        new Span<float>(workspace.Contexts.Pointer, RowsAtOnce * ContextCount).Clear();
        _ = workspace.Flow.Solve(RowsAtOnce, workspace.Contexts.Pointer, ContextCount, tolerance);
        double step = workspace.Flow.UsualStep;
        _workspaces.Return(workspace);
        return step;
    }

    private bool TryEncodeBlocks(int count, float* features, float* latent, double* logDensities, double* meanSquares, float* context, UsualStep step)
    {
        int failed = 0;
        int blocks = (count + RowsAtOnce - 1) / RowsAtOnce;
        new TileLoop(blocks, get_num_threads(), RowsAtOnce * UsualEvaluations * _flow.Work).Run((_, block) =>
        {
            int first = block * RowsAtOnce;
            if (!TryEncodeBlock(first, Math.Min(RowsAtOnce, count - first), features, latent, logDensities, meanSquares, context, step))
            {
                Interlocked.Increment(ref failed);
            }
        });
        return failed == 0;
    }

    private bool TryEncodeBlock(int first, int count, float* features, float* latent, double* logDensities, double* meanSquares, float* context, UsualStep step)
    {
        Workspace workspace = _workspaces.Rent();
        int solved = 0;
        for (int row = first; row < first + count; row++)
        {
            var values = new ReadOnlySpan<float>(features + ((long)row * FeatureCount), FeatureCount);
            var contextValues = new ReadOnlySpan<float>(context + ((long)row * ContextCount), ContextCount);
            if (TensorPrimitives.IsFiniteAll(values) && (contextValues.IsEmpty || TensorPrimitives.IsFiniteAll(contextValues)))
            {
                Begin(workspace, solved++, row, values, contextValues);
            }
            else
            {
                Write(row, double.NaN, double.NaN, [], 1, latent, logDensities, meanSquares);
            }
        }

        bool areSolved = solved == 0 || workspace.Flow.Solve(solved, workspace.Contexts.Pointer, ContextCount, step.Tolerance, step.Size);
        for (int slot = 0; slot < solved; slot++)
        {
            ref Encoded encoded = ref workspace.Rows[slot];
            Span<float> end = workspace.Flow.Row(slot);
            double sumOfSquares = TensorPrimitives.SumOfSquares<float>(end[..FeatureCount]);
            double logDensity = encoded.LogDeterminant + end[FeatureCount] + _kernel.Log(sumOfSquares) - _logNormalization - encoded.Pull.LogDensityLost(sumOfSquares, _kernel);
            Write(encoded.Place, logDensity, encoded.Pull.MeanSquare, end[..FeatureCount], encoded.Pull.Stretch, latent, logDensities, meanSquares);
        }

        _workspaces.Return(workspace);
        return areSolved;
    }

    // Puts the start of a row, as the flow wants it, into a slot.
    private void Begin(Workspace workspace, int slot, int row, ReadOnlySpan<float> features, ReadOnlySpan<float> context)
    {
        Span<double> normal = workspace.Normal.AsSpan(0, FeatureCount);
        double logDeterminant = _gaussianizer.Map(features, normal);
        ManagedPull pull = ManagedPull.To(normal, DensityNetwork.OutermostSolved);
        Round(normal, workspace.Flow.Row(slot)[..FeatureCount]);
        if (_contextGaussianizer is not null)
        {
            Span<double> normalContext = workspace.Normal.AsSpan(0, ContextCount);
            _ = _contextGaussianizer.Map(context, normalContext);
            ManagedPull contextPull = ManagedPull.To(normalContext, PulledRows.OutermostTraining);
            logDeterminant -= contextPull.LogDensityLost(TensorPrimitives.SumOfSquares<double>(normalContext), default);
            Round(normalContext, new Span<float>(workspace.Contexts.Pointer + ((long)slot * ContextCount), ContextCount));
        }

        workspace.Rows[slot] = new Encoded(row, logDeterminant, pull);
    }

    private static void Round(ReadOnlySpan<double> values, Span<float> singles)
    {
        for (int i = 0; i < values.Length; i++)
        {
            singles[i] = (float)values[i];
        }
    }

    // Far out, a value that a Single cannot hold becomes the largest that it can.
    private void Write(int row, double logDensity, double meanSquare, ReadOnlySpan<float> end, double stretch, float* latent, double* logDensities, double* meanSquares)
    {
        if (logDensities != null)
        {
            logDensities[row] = logDensity;
        }

        if (meanSquares != null)
        {
            meanSquares[row] = meanSquare;
        }

        for (int i = 0; i < FeatureCount && latent != null; i++)
        {
            latent[((long)row * FeatureCount) + i] = end.IsEmpty ? float.NaN : (float)Math.Clamp(end[i] * stretch, -float.MaxValue, float.MaxValue);
        }
    }

    /// <summary>What is known of a row before it is solved.</summary>
    /// <param name="Place">Index of the row.</param>
    /// <param name="LogDeterminant">That of the map to normal features, less what the context's distance takes off the log density.</param>
    /// <param name="Pull">How it was pulled in.</param>
    private readonly record struct Encoded(int Place, double LogDeterminant, ManagedPull Pull);

    /// <summary>A step that rows of the model can begin with.</summary>
    /// <param name="Tolerance">Tolerance of the local error that it goes with.</param>
    /// <param name="Size">Its size.</param>
    private sealed record UsualStep(double Tolerance, double Size);

    private sealed class Workspace(ManagedFlowRows flow, int contextCount) : IDisposable
    {
        public ManagedFlowRows Flow { get; } = flow;

        public AlignedBuffer Contexts { get; } = new((long)RowsAtOnce * contextCount);

        public double[] Normal { get; } = new double[Math.Max(flow.Stride, contextCount)];

        public Encoded[] Rows { get; } = new Encoded[RowsAtOnce];

        public void Dispose()
        {
            Flow.Dispose();
            Contexts.Dispose();
        }
    }
}
