using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Quadratic;

/// <summary>A random program and other units for it: of costs, of all variables, and of each variable and constraint by powers of ten up to half the spread either way.</summary>
internal sealed record ProgramUnits(int Seed, bool IsLinear, double Cost, double Unit, double Spread)
{
    private readonly Random _random = new(Seed);
    private Tensor? _variables;
    private Tensor? _inequalities;
    private Tensor? _equalities;

    /// <summary>What a value of each variable is multiplied by.</summary>
    public Tensor Variables => _variables!;

    /// <summary>Data of two rows, linear programs or not, with bounds; draws the units of its variables and constraints.</summary>
    public Tensor?[] Program()
    {
        int n = _random.Next(2, 12), m = _random.Next(1, 12), k = _random.Next(0, 3);
        Tensor?[] x = RandomPrograms.Arguments(Seed, 2, n, m, Math.Min(k, n - 1), bounds: true, sharedMatrices: _random.Next(2) == 0);
        x[0] = IsLinear ? null : x[0];
        Draw(x);
        return x;
    }

    /// <summary>Draws units for the variables and constraints of a program.</summary>
    public void Draw(Tensor?[] x)
    {
        _variables = Draw((int)x[1]!.shape[^1], Spread) * Unit;
        _inequalities = Draw((int)x[3]!.shape[^1], 2 * Spread);
        _equalities = Draw((int)(x[5]?.shape[^1] ?? 0), 2 * Spread);
    }

    /// <summary>The data, or gradients with respect to the data, in the other units.</summary>
    public Tensor?[] Apply(Tensor?[] x) =>
    [
        x[0] is null ? null : x[0]! / Variables.unsqueeze(0) / Variables.unsqueeze(1) * Cost,
        x[1]! / Variables * Cost,
        x[2]! / Variables * _inequalities!.unsqueeze(1),
        x[3]! * _inequalities!,
        x[4] is null ? null : x[4]! / Variables * _equalities!.unsqueeze(1),
        x[5] is null ? null : x[5]! * _equalities!,
        x[6] is null ? null : x[6]! * Variables,
        x[7] is null ? null : x[7]! * Variables,
    ];

    /// <summary>Asserts that a solution in the other units has the status and, relative to the largest, the values of one in the first.</summary>
    public void AssertSame(QuadraticSolution expected, QuadraticSolution actual, double tolerance)
    {
        CollectionAssert.AreEqual(expected.Status.ToArray(), actual.Status.ToArray());
        for (int row = 0; row < expected.Status.Count; row++)
        {
            Assert.AreEqual(SolveStatus.Converged, actual.Status[row]);
            Tensor z = expected.Z[row], other = actual.Z[row] / Variables;
            Assert.IsLessThanOrEqualTo(tolerance * z.abs().max().item<double>(), (other - z).abs().max().item<double>());
            double objective = expected.Objective[row].item<double>();
            Assert.AreEqual(objective, actual.Objective[row].item<double>() / Cost, tolerance * (1 + Math.Abs(objective)));
        }
    }

    private Tensor Draw(int count, double decades) =>
        tensor(Enumerable.Range(0, count).Select(_ => Math.Pow(10, decades * (_random.NextDouble() - 0.5))).ToArray(), ScalarType.Float64);
}
