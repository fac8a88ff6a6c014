using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Conic.Blocks;
using Microsoft.ML.Implicit.Solvers.Conic.Systems;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>The numbers of a batch of programs, read where tensors hold them: these belong to the dispose scope in which this was created.</summary>
internal sealed class ConeData
{
    private readonly Tensor? _p;
    private readonly Tensor _q;
    private readonly Tensor _a;
    private readonly Tensor _b;

    /// <param name="problem">The problem.</param>
    /// <param name="known">The structure of a problem before it, whose analysis serves again where it is the same.</param>
    public ConeData(ConeProblem problem, SparseStructure? known)
    {
        Problem = problem;
        _p = problem.P is null ? null : Numbers(problem.P);
        (_q, _a, _b) = (Numbers(problem.Q), Numbers(problem.A), Numbers(problem.B));
        Structure = SparseStructure.Find(this, ConeBlocks.Create(problem.Cones), known);
    }

    public ConeProblem Problem { get; }

    /// <summary>Whether P differs by row.</summary>
    public bool PVaries => _p?.dim() == 3;

    /// <summary>Whether A differs by row.</summary>
    public bool AVaries => _a.dim() == 3;

    /// <summary>The structure that all rows share, or null where they are full.</summary>
    public SparseStructure? Structure { get; }

    /// <summary>P of a row, empty where it is zero.</summary>
    public ReadOnlySpan<double> P(int row) => _p is null ? default : Part(_p, PVaries, row, Problem.Variables * Problem.Variables);

    public ReadOnlySpan<double> Q(int row) => Part(_q, _q.dim() == 2, row, Problem.Variables);

    public ReadOnlySpan<double> A(int row) => Part(_a, AVaries, row, Problem.Constraints * Problem.Variables);

    public ReadOnlySpan<double> B(int row) => Part(_b, _b.dim() == 2, row, Problem.Constraints);

    /// <summary>A tensor's numbers in float64.</summary>
    public static double[] Read(Tensor tensor)
    {
        using TorchSharp.DisposeScope scope = NewDisposeScope();
        return Numbers(tensor).ReadDoubles();
    }

    private static Tensor Numbers(Tensor tensor) => tensor.detach().to(ScalarType.Float64).cpu().contiguous();

    private static unsafe ReadOnlySpan<double> Part(Tensor values, bool varies, int row, int length) =>
        length == 0 ? default : new(values.Pointer<double>() + (varies ? (long)row * length : 0), length);
}
