using Microsoft.ML.Implicit.Onnx;
using Microsoft.ML.Implicit.Onnx.Quadratic;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The quadratic programs of a model within an ONNX file, solved by an interior-point loop in float64.</summary>
/// <remarks>Bounds are inequalities there, and an infinite right-hand side or bound one that always holds.</remarks>
/// <param name="size">Number of variables, inequalities and equalities.</param>
/// <param name="arguments">The arguments in the order of <see cref="QuadraticTemplate.Names"/>, float64 with rows first, or with one for all.</param>
/// <param name="isConstant">Which are the same for all rows.</param>
/// <param name="rows">A value whose first dimension is the number of rows.</param>
/// <param name="quadraticType">The type that the numbers of Q come in, within whose rounding it counts as convex.</param>
internal sealed class OnnxQuadraticProgram(
    (int Variables, int Inequalities, int Equalities) size, OnnxValue?[] arguments, bool[] isConstant, OnnxValue rows, ScalarType quadraticType)
{
    private readonly OnnxGraph _graph = arguments[1]!.Graph;
    private readonly int _variables = size.Variables;
    private readonly List<OnnxValue> _isInfinite = [];

    /// <summary>Solves the programs.</summary>
    /// <param name="solving">Tolerance and limit.</param>
    /// <returns>Each part of the solution, [rows, length], NaN where a row was not solved.</returns>
    public Func<SolutionPart, OnnxValue> Solve(RowSolving solving)
    {
        OnnxQuadraticData data = Data();
        (OnnxIterate solution, OnnxValue status) = new OnnxInteriorPoint(data, solving.Tolerance, solving.Tolerance * 1e2, solving.MaximumIterations).Solve(rows);

        // That a constant Q is convex was made sure of before.
        status = isConstant[0] ? status : IsConvex(data.Q).Where(status, Code(SolveStatus.NonConvex));
        status = IsValid().Where(status, Code(SolveStatus.InvalidInput)).Squeeze(2);
        OnnxValue isSolved = status.EqualTo(Code(SolveStatus.Converged));
        return part => part switch
        {
            SolutionPart.Status => _graph.Constant(Enum.GetNames<SolveStatus>(), Enum.GetNames<SolveStatus>().Length).Gather(0, status),
            SolutionPart.Objective => isSolved.Where(data.Objective(solution.Z).Squeeze(2), double.NaN),
            SolutionPart.Cost => isSolved.Where(data.P.Squeeze(2), double.NaN),
            SolutionPart.EqualityMultipliers => isSolved.Where(solution.Nu.Squeeze(2), double.NaN),
            SolutionPart.Multipliers => isSolved.Where(Multipliers(solution, 0), double.NaN),
            SolutionPart.LowerBoundMultipliers => isSolved.Where(Multipliers(solution, _isInfinite.Count - 2), double.NaN),
            SolutionPart.UpperBoundMultipliers => isSolved.Where(Multipliers(solution, _isInfinite.Count - 1), double.NaN),
            _ => isSolved.Where(solution.Z.Squeeze(2), double.NaN),
        };
    }

    private OnnxQuadraticData Data()
    {
        OnnxValue none = Zeros(1, _variables);
        OnnxValue q = arguments[0] is { } given ? (given + given.Transpose(0, 2, 1)) * 0.5 : Zeros(_variables, _variables);

        // An absent bound is infinite, and takes its place only where the other one is given.
        OnnxValue unit = _graph.Identity(_variables, OnnxType.Double);
        bool hasBounds = arguments[6] is not null || arguments[7] is not null;
        var matrices = new List<OnnxValue>();
        var limits = new List<OnnxValue>();
        if (arguments[2] is { } g)
        {
            Add(g, arguments[3]!);
        }

        if (hasBounds)
        {
            Add(-unit, -(arguments[6] ?? Infinite(-1)));
            Add(unit, arguments[7] ?? Infinite(1));
        }

        int inequalities = size.Inequalities + (hasBounds ? 2 * _variables : 0);
        return new OnnxQuadraticData(
            q,
            arguments[1]!.Unsqueeze(2),
            inequalities == 0 ? none : Stack(matrices, _variables),
            inequalities == 0 ? _graph.Constant([1.0], OnnxType.Double, 1, 1, 1) : Stack(limits, 1),
            arguments[4] ?? none,
            arguments[5]?.Unsqueeze(2) ?? Zeros(1, 1),
            _variables,
            Math.Max(1, inequalities),
            Math.Max(1, size.Equalities));

        void Add(OnnxValue matrix, OnnxValue limit)
        {
            // 0 z ≤ 1 always holds, and 0 z ≤ -1 never.
            OnnxValue column = limit.Unsqueeze(2);
            OnnxValue isInfinite = column.Abs() > double.MaxValue;
            _isInfinite.Add(isInfinite);
            OnnxValue sign = (column > 0).Where(_graph.Number(1, OnnxType.Double), -1);
            matrices.Add(isInfinite.Where(matrix * 0, matrix));
            limits.Add(isInfinite.Where(sign, column));
        }

        OnnxValue Infinite(int sign) => _graph.Constant([.. Enumerable.Repeat(sign * double.PositiveInfinity, _variables)], OnnxType.Double, 1, _variables);
    }

    // Inequalities, lower bounds and upper bounds, as far as there are any.
    private OnnxValue Stack(List<OnnxValue> parts, int columns)
    {
        bool areConstant = isConstant[2] && isConstant[3] && isConstant[6] && isConstant[7];
        return OnnxValue.Concatenate(1, [.. parts.Select((part, i) => areConstant || parts.Count == 1 ? part : _graph.PerRow(part, rows, Length(i), columns))]);
    }

    private int Length(int part) => size.Inequalities > 0 && part == 0 ? size.Inequalities : _variables;

    private OnnxValue IsConvex(OnnxValue q)
    {
        OnnxValue unit = _graph.Identity(_variables, OnnxType.Double);
        OnnxValue diagonal = (q * unit).Sum(2).Abs().Maximum(q.Abs().Largest(2).Largest(1) * Convexity.SmallestDiagonal);
        OnnxValue scale = 1 / (diagonal > 0).Where(diagonal, 1).Sqrt();
        OnnxValue shifted = (q * scale * scale.Transpose(0, 2, 1)) + (unit * Convexity.Tolerances(_variables, quadraticType).Last());
        return OnnxElimination.Invert(shifted, _variables).SmallestPivot > 0;
    }

    private OnnxValue IsValid()
    {
        // Limits may be infinite, all other numbers not.
        OnnxValue[] valid = [.. arguments.Select((argument, i) => argument is null ? null : (i is 3 or 6 or 7 ? !argument.IsNaN() : argument.IsFinite()).Reshape(0, -1).All(1)).OfType<OnnxValue>()];
        return valid.Aggregate((all, one) => all & one).Unsqueeze(2);
    }

    private OnnxValue Multipliers(OnnxIterate solution, int part)
    {
        int first = Enumerable.Range(0, part).Sum(Length);
        OnnxValue multipliers = solution.Lambda.Slice(1, first, first + Length(part));
        return _isInfinite[part].Where(multipliers * 0, multipliers).Squeeze(2);
    }

    private OnnxValue Zeros(int rows, int columns) => _graph.Constant(new double[rows * columns], OnnxType.Double, 1, rows, columns);

    private OnnxValue Code(SolveStatus status) => _graph.Number((long)status, OnnxType.Int64);
}
