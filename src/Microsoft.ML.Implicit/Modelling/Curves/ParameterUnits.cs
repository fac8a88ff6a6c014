using Microsoft.ML.Implicit.Modelling.Curves.Expressions;

namespace Microsoft.ML.Implicit.Modelling.Curves;

/// <summary>
/// The units that parameters must have for a curve to make sense, as powers of those of the values and the inputs: what is added has one unit, and an exponent or an angle has
/// none. Starts that are drawn in these units do not depend on what the data are measured in. Numbers of the expression take part, for they may have units that are not written.
/// </summary>
internal static class ParameterUnits
{
    /// <summary>Finds the units.</summary>
    /// <returns>For each parameter its unit; none where nothing determines it.</returns>
    public static ParameterUnit[] Find(Curve curve)
    {
        // A unit is a combination of the parameters' unknown units, the values', the inputs' and the logarithm of a number.
        int parameters = curve.Parameters.Count, bases = 1 + curve.Inputs.Count;
        var units = new double[curve.Graph.Nodes.Count][];
        var equations = new List<double[]>();
        double[] none = new double[parameters + bases + 1];
        equations.AddRange(SinePhases.Find(curve.Graph).Select(phase => Single(none, phase)));
        for (int i = 0; i < units.Length; i++)
        {
            CurveNode node = curve.Graph.Nodes[i];
            double[] left = node.IsLeaf ? none : units[node.Left], right = node.IsBinary ? units[node.Right] : none;
            units[i] = node.Operation switch
            {
                CurveOperation.Number => Number(none, node.Value),
                CurveOperation.Parameter => Single(none, node.Left),
                CurveOperation.Input => Single(none, parameters + 1 + node.Left),
                CurveOperation.Add or CurveOperation.Subtract or CurveOperation.Minimum or CurveOperation.Maximum => Same(equations, left, right),
                CurveOperation.Multiply => Combine(left, right, 1),
                CurveOperation.Divide => Combine(left, right, -1),
                CurveOperation.Power when curve.Graph.Nodes[node.Right] is { Operation: CurveOperation.Number } exponent => Combine(none, left, exponent.Value),
                CurveOperation.Power => Without(equations, none, left, right),
                CurveOperation.Negate or CurveOperation.Abs => left,
                CurveOperation.Sqrt => Combine(none, left, 0.5),
                _ => Without(equations, none, left),
            };
        }

        Same(equations, units[curve.Graph.Root], Single(none, parameters));
        return Solve(equations, parameters, bases + 1);
    }

    private static double[] Single(double[] none, int index)
    {
        double[] unit = [.. none];
        unit[index] = 1;
        return unit;
    }

    private static double[] Number(double[] none, double value)
    {
        double[] unit = [.. none];
        unit[^1] = value == 0 ? 0 : Math.Log(Math.Abs(value));
        return unit;
    }

    // A plain number that is added to what has a unit stands for a number of that unit.
    private static double[] Same(List<double[]> equations, double[] left, double[] right)
    {
        equations.Add(Combine(left, right, -1));
        return left[..^1].All(power => power == 0) ? right : left;
    }

    private static double[] Combine(double[] left, double[] right, double power) => [.. left.Zip(right, (x, y) => x + (power * y))];

    private static double[] Without(List<double[]> equations, double[] none, params double[][] operands)
    {
        equations.AddRange(operands);
        return none;
    }

    // Equations that contradict earlier ones are passed over, and units that nothing determines are none.
    private static ParameterUnit[] Solve(List<double[]> equations, int parameters, int bases)
    {
        var pivots = new double[]?[parameters];
        foreach (double[] equation in equations)
        {
            double[] rest = [.. equation];
            for (int j = 0; j < parameters; j++)
            {
                if (Math.Abs(rest[j]) < 1e-9)
                {
                    continue;
                }

                if (pivots[j] is { } pivot)
                {
                    double factor = rest[j];
                    rest = Combine(rest, pivot, -factor);
                    continue;
                }

                double scale = 1 / rest[j];
                pivots[j] = [.. rest.Select(power => power * scale)];
                break;
            }
        }

        var units = new double[parameters][];
        for (int j = parameters - 1; j >= 0; j--)
        {
            double[] unit = new double[bases];
            for (int k = 0; k < bases && pivots[j] is not null; k++)
            {
                unit[k] = -pivots[j]![parameters + k];
                for (int other = j + 1; other < parameters; other++)
                {
                    unit[k] -= pivots[j]![other] * units[other][k];
                }
            }

            units[j] = unit;
        }

        return [.. units.Select(unit => new ParameterUnit(unit[0], unit[1..^1], Math.Exp(unit[^1])))];
    }
}
