namespace Microsoft.ML.Implicit.Modelling.Curves;

/// <summary>
/// The units that parameters must have for a curve to make sense, as powers of those of the values and the inputs: what is added has one unit, and an exponent or an angle has
/// none. Starts that are drawn in these units do not depend on what the data are measured in.
/// </summary>
internal static class ParameterUnits
{
    /// <summary>Finds the units.</summary>
    /// <returns>For each parameter the powers of the values' unit and of each input's; zero where nothing determines them.</returns>
    public static double[][] Find(Curve curve)
    {
        // A unit is a combination of the parameters' unknown units, the values' and the inputs'.
        int parameters = curve.Parameters.Count, bases = 1 + curve.Inputs.Count;
        var units = new double[curve.Graph.Nodes.Count][];
        var equations = new List<double[]>();
        double[] none = new double[parameters + bases];
        for (int i = 0; i < units.Length; i++)
        {
            CurveNode node = curve.Graph.Nodes[i];
            double[] left = node.IsLeaf ? none : units[node.Left], right = node.IsBinary ? units[node.Right] : none;
            units[i] = node.Operation switch
            {
                CurveOperation.Number => none,
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
        return Solve(equations, parameters, bases);
    }

    private static double[] Single(double[] none, int index)
    {
        double[] unit = [.. none];
        unit[index] = 1;
        return unit;
    }

    // A plain number that is added to what has a unit stands for a number of that unit.
    private static double[] Same(List<double[]> equations, double[] left, double[] right)
    {
        equations.Add(Combine(left, right, -1));
        return left.All(power => power == 0) ? right : left;
    }

    private static double[] Combine(double[] left, double[] right, double power) => [.. left.Zip(right, (x, y) => x + (power * y))];

    private static double[] Without(List<double[]> equations, double[] none, params double[][] operands)
    {
        equations.AddRange(operands);
        return none;
    }

    // Equations that contradict earlier ones are passed over, and units that nothing determines are none.
    private static double[][] Solve(List<double[]> equations, int parameters, int bases)
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

        return units;
    }
}
