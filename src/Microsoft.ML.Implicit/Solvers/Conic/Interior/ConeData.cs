using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>The numbers of a batch of programs as arrays.</summary>
internal sealed class ConeData
{
    private readonly double[]? _p;
    private readonly double[] _q;
    private readonly double[] _a;
    private readonly double[] _b;
    private readonly bool _pVaries;
    private readonly bool _qVaries;
    private readonly bool _aVaries;
    private readonly bool _bVaries;

    public ConeData(ConeProblem problem)
    {
        Problem = problem;
        _p = problem.P is null ? null : Read(problem.P);
        (_q, _a, _b) = (Read(problem.Q), Read(problem.A), Read(problem.B));
        _pVaries = problem.P?.dim() == 3;
        (_qVaries, _aVaries, _bVaries) = (problem.Q.dim() == 2, problem.A.dim() == 3, problem.B.dim() == 2);
    }

    public ConeProblem Problem { get; }

    /// <summary>P of a row, empty where it is zero.</summary>
    public ReadOnlySpan<double> P(int row) => Part(_p, _pVaries, row, Problem.Variables * Problem.Variables);

    public ReadOnlySpan<double> Q(int row) => Part(_q, _qVaries, row, Problem.Variables);

    public ReadOnlySpan<double> A(int row) => Part(_a, _aVaries, row, Problem.Constraints * Problem.Variables);

    public ReadOnlySpan<double> B(int row) => Part(_b, _bVaries, row, Problem.Constraints);

    /// <summary>A tensor's numbers in float64.</summary>
    public static double[] Read(Tensor tensor)
    {
        using DisposeScope scope = NewDisposeScope();
        return tensor.detach().to(ScalarType.Float64).cpu().ReadDoubles();
    }

    private static ReadOnlySpan<double> Part(double[]? values, bool varies, int row, int length) => values is null ? default : values.AsSpan(varies ? row * length : 0, length);
}
