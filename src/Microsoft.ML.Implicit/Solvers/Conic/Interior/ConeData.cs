using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Conic.Blocks;
using Microsoft.ML.Implicit.Solvers.Conic.Systems;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>The numbers of a batch of programs, read where tensors hold them: these belong to the dispose scope in which this was created.</summary>
internal sealed class ConeData
{
    private readonly TensorRows _p;
    private readonly TensorRows _q;
    private readonly TensorRows _a;
    private readonly TensorRows _b;
    private readonly EntryPlacement? _placementOfP;
    private readonly EntryPlacement _placementOfA;

    /// <param name="problem">The problem.</param>
    /// <param name="known">The structure of a problem before it, whose analysis serves again where it is the same.</param>
    public ConeData(ConeProblem problem, SparseStructure? known)
    {
        Problem = problem;
        _p = problem.P is null ? default : new TensorRows(Numbers(problem.P), problem.PEntries is null ? 2 : 1);
        (_q, _b) = (new TensorRows(Numbers(problem.Q), 1), new TensorRows(Numbers(problem.B), 1));
        _a = new TensorRows(Numbers(problem.A), problem.AEntries is null ? 2 : 1);
        Structure = SparseStructure.Find(this, ConeBlocks.Create(problem.Cones), known);
        (int n, int m) = (problem.Variables, problem.Constraints);
        _placementOfA = new EntryPlacement(m, n, problem.AEntries, Layout?.A, isSymmetric: false);
        _placementOfP = problem.P is null ? null : new EntryPlacement(n, n, problem.PEntries, Layout?.P, isSymmetric: true);
    }

    public ConeProblem Problem { get; }

    /// <summary>The structure that all rows share, or null where they are full.</summary>
    public SparseStructure? Structure { get; }

    /// <summary>The structure by which matrices are stored and factored, or null where all of their places are.</summary>
    public SparseStructure? Layout => Structure is { IsWorthwhile: true } ? Structure : null;

    /// <summary>How many Ps there are: one for all rows, one for each, or none.</summary>
    public int CountOfP => Problem.P is null ? 0 : Count(_p);

    /// <summary>How many As there are.</summary>
    public int CountOfA => Count(_a);

    /// <summary>P of a row as it is given, empty where it is zero.</summary>
    public ReadOnlySpan<double> P(int row) => _p[row];

    public ReadOnlySpan<double> Q(int row) => _q[row];

    /// <summary>A of a row as it is given.</summary>
    public ReadOnlySpan<double> A(int row) => _a[row];

    public ReadOnlySpan<double> B(int row) => _b[row];

    /// <summary>Copies a row's matrices to where they are stored, of P the symmetric part.</summary>
    public void Load(int row, RowMatrix p, RowMatrix a)
    {
        _placementOfP?.Copy(P(row), p.Values);
        LoadConstraints(row, a);
    }

    /// <summary>Copies a row's A alone.</summary>
    public void LoadConstraints(int row, RowMatrix a) => _placementOfA.Copy(A(row), a.Values);

    /// <summary>A tensor's numbers in float64.</summary>
    public static double[] Read(Tensor tensor)
    {
        using TorchSharp.DisposeScope scope = NewDisposeScope();
        return Numbers(tensor).ReadDoubles();
    }

    private int Count(TensorRows matrices) => matrices.Vary ? Problem.BatchSize : 1;

    private static Tensor Numbers(Tensor tensor) => tensor.detach().to(ScalarType.Float64).cpu().contiguous();
}
