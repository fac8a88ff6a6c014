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
    private readonly EntryPlacement? _placementOfP;
    private readonly EntryPlacement _placementOfA;

    /// <param name="problem">The problem.</param>
    /// <param name="known">The structure of a problem before it, whose analysis serves again where it is the same.</param>
    public ConeData(ConeProblem problem, SparseStructure? known)
    {
        Problem = problem;
        _p = problem.P is null ? null : Numbers(problem.P);
        (_q, _a, _b) = (Numbers(problem.Q), Numbers(problem.A), Numbers(problem.B));
        Structure = SparseStructure.Find(this, ConeBlocks.Create(problem.Cones), known);
        (int n, int m) = (problem.Variables, problem.Constraints);
        _placementOfA = new EntryPlacement(m, n, problem.AEntries, Layout?.A, isSymmetric: false);
        _placementOfP = _p is null ? null : new EntryPlacement(n, n, problem.PEntries, Layout?.P, isSymmetric: true);
    }

    public ConeProblem Problem { get; }

    /// <summary>The structure that all rows share, or null where they are full.</summary>
    public SparseStructure? Structure { get; }

    /// <summary>The structure by which matrices are stored and factored, or null where all of their places are.</summary>
    public SparseStructure? Layout => Structure is { IsWorthwhile: true } ? Structure : null;

    /// <summary>How many Ps there are: one for all rows, one for each, or none.</summary>
    public int CountOfP => _p is null ? 0 : Count(_p, Problem.PEntries);

    /// <summary>How many As there are.</summary>
    public int CountOfA => Count(_a, Problem.AEntries);

    /// <summary>P of a row as it is given, empty where it is zero.</summary>
    public ReadOnlySpan<double> P(int row) => _p is null ? default : Part(_p, row, Problem.PEntries is null ? 2 : 1);

    public ReadOnlySpan<double> Q(int row) => Part(_q, row, 1);

    /// <summary>A of a row as it is given.</summary>
    public ReadOnlySpan<double> A(int row) => Part(_a, row, Problem.AEntries is null ? 2 : 1);

    public ReadOnlySpan<double> B(int row) => Part(_b, row, 1);

    /// <summary>Copies a row's matrices to where they are stored, of P the symmetric part.</summary>
    public void Load(int row, RowMatrix p, RowMatrix a)
    {
        _placementOfP?.Copy(P(row), p.Values);
        _placementOfA.Copy(A(row), a.Values);
    }

    /// <summary>A tensor's numbers in float64.</summary>
    public static double[] Read(Tensor tensor)
    {
        using TorchSharp.DisposeScope scope = NewDisposeScope();
        return Numbers(tensor).ReadDoubles();
    }

    private int Count(Tensor matrices, SparseEntries? entries) => matrices.dim() == (entries is null ? 3 : 2) ? Problem.BatchSize : 1;

    private static Tensor Numbers(Tensor tensor) => tensor.detach().to(ScalarType.Float64).cpu().contiguous();

    private static unsafe ReadOnlySpan<double> Part(Tensor values, int row, int dimensions)
    {
        bool varies = values.dim() > dimensions;
        int length = checked((int)(varies ? values.shape[1..] : values.shape).Aggregate(1L, (product, size) => product * size));
        return length == 0 ? default : new(values.Pointer<double>() + (varies ? (long)row * length : 0), length);
    }
}
