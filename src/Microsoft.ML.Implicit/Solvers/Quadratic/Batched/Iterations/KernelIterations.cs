using System.Globalization;
using Microsoft.ML.Implicit.Native.Cuda;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched.Iterations;

/// <summary>
/// All iterations as one kernel on a GPU, a block of threads a row. It serves programs whose factors fit into the memory that a block shares:
/// up to some 150 variables.
/// </summary>
internal sealed class KernelIterations : IBatchedIterations
{
    private const int Threads = 128;

    private static readonly string[] Definitions =
    [
        $"THREADS={Threads}",
        $"MAXIMUM_SEPARATING_STEPS={Complementarity.MaximumSteps}",
        Definition("SEPARATION", Complementarity.Separation),
        Definition("REGULARISATION", BatchedInteriorPoint.Regularisation),
        Definition("SCHUR_REGULARISATION", BatchedKkt.SchurRegularisation),
        Definition("BACK_OFF", BatchedInteriorPoint.BackOff),
        Definition("GAP_ROUNDING", ResidualNorms.GapRounding),
        Definition("SMALLEST_SCALE", ResidualNorms.SmallestScale),
        Definition("SMALLEST_COST", ResidualNorms.SmallestCost),
        Definition("RESIDUAL_COST_WEIGHT", ResidualNorms.ResidualCostWeight),
    ];

    private readonly CudaKernel _kernel;
    private readonly int _sharedBytes;
    private readonly BatchedData _data;
    private readonly Tensor _objective;
    private readonly InteriorPointOptions _options;

    private KernelIterations(CudaKernel kernel, int sharedBytes, BatchedData data, Tensor objective, InteriorPointOptions options) =>
        (_kernel, _sharedBytes, _data, _objective, _options) = (kernel, sharedBytes, data, objective, options);

    /// <summary>Prepares the iterations of a batch, or returns null where the kernel cannot run.</summary>
    /// <param name="data">The problems in normal units.</param>
    /// <param name="objective"><see cref="BatchedSystem.Objective"/> with the proximal weight of z.</param>
    /// <param name="options">Tolerances.</param>
    public static KernelIterations? TryCreate(BatchedData data, Tensor objective, InteriorPointOptions options)
    {
        if (objective.device_type != DeviceType.CUDA)
        {
            return null;
        }

        long bytes = SharedBytes(data.Problem);
        return CudaKernel.Find("interiorPoint", ["DenseFactor.cu", "ReducedKkt.cu", "InteriorPoint.cu"], Definitions, objective.device) is { } kernel && bytes <= kernel.LargestSharedMemory
            ? new KernelIterations(kernel, (int)bytes, data, objective, options)
            : null;
    }

    /// <inheritdoc/>
    public (Tensor Converged, Tensor Steps) Run(BatchedIterate x, int maximumSteps, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        QuadraticProblem problem = _data.Problem;
        int batch = problem.BatchSize, n = problem.Variables, m = problem.Inequalities, k = problem.Equalities;
        Tensor steps = empty(batch, ScalarType.Float64, _objective.device), converged = empty(batch, ScalarType.Bool, _objective.device);
        Tensor curvature = _data.Curvature ?? ones(1, 1, ScalarType.Float64, _objective.device);
        _kernel.LaunchSharing(
            _sharedBytes,
            batch,
            Threads,
            _data.System.Matrices.contiguous(),
            _objective.contiguous(),
            _data.P.contiguous(),
            _data.B.contiguous(),
            _data.D.contiguous(),
            _data.Active.contiguous(),
            curvature.expand(batch, 1).contiguous(),
            _data.Unsolvable.expand(batch).contiguous(),
            x.Packed,
            steps,
            converged,
            Stride(_data.System.Matrices, n + m + k, n),
            Stride(_objective, n, n),
            n,
            m,
            k,
            problem.Lower is null ? 0 : 1,
            problem.Upper is null ? 0 : 1,
            maximumSteps,
            _options.Tolerance,
            _options.GapTolerance);
        return (converged, steps);
    }

    // From the matrix of a row to that of the next.
    private static long Stride(Tensor matrices, long rows, long columns) => matrices.numel() == rows * columns ? 0 : rows * columns;

    // As the kernel divides it.
    private static long SharedBytes(QuadraticProblem problem)
    {
        long n = problem.Variables, k = problem.Equalities;
        long constraints = problem.Inequalities + (problem.Lower is null ? 0 : n) + (problem.Upper is null ? 0 : n);
        long vectors = (8 * constraints) + (5 * n) + (5 * k);
        return sizeof(double) * (vectors + (n * (n | 1)) + (k * (k | 1)) + (n * k));
    }

    private static string Definition(string name, double value) => string.Create(CultureInfo.InvariantCulture, $"{name}={value:E16}");
}
