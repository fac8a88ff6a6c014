using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Layers.Fields.Derivatives;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Fields;

/// <summary>Derivatives of functions that are known, and of every kind of boundary.</summary>
[TestClass]
public sealed class DerivativeSchemeTests
{
    private const double Length = 1.3;

    // Functions with derivatives, and what holds at 0 and at the end.
    private static readonly (string Name, Func<double, double> Value, Func<double, double> First, Func<double, double> Second, bool LowerSlope, bool UpperSlope)[] Bounded =
    [
        .. from lower in (bool[])[false, true]
           from upper in (bool[])[false, true]
           select ($"{lower} {upper}", (Func<double, double>)(x => Math.Exp(-x) + Math.Sin(2 * x)), (Func<double, double>)(x => (2 * Math.Cos(2 * x)) - Math.Exp(-x)), (Func<double, double>)(x => Math.Exp(-x) - (4 * Math.Sin(2 * x))), lower, upper),
    ];

    [TestMethod]
    [DataRow(2)]
    [DataRow(4)]
    public void Differences_on_a_periodic_axis_are_of_their_order_up_to_the_fourth_derivative(int order)
    {
        using DisposeScope scope = NewDisposeScope();
        double k = 2 * Math.PI / Length;
        Func<double, double>[] derivatives = [x => k * Math.Cos(k * x), x => -k * k * Math.Sin(k * x), x => -k * k * k * Math.Cos(k * x), x => k * k * k * k * Math.Sin(k * x)];
        for (int m = 1; m <= 4; m++)
        {
            double coarse = Error(24), fine = Error(48);
            Assert.IsGreaterThan(order - 0.1, Math.Log2(coarse / fine), $"derivative {m}: {coarse:E2}, {fine:E2}");

            double Error(int points)
            {
                GridAxis axis = GridAxis.Periodic(points, Length);
                return MaximumError(Scheme(order), axis, x => Math.Sin(k * x), m, derivatives[m - 1]);
            }
        }
    }

    [TestMethod]
    [DataRow(2)]
    [DataRow(4)]
    public void Differences_between_boundaries_are_of_their_order_inside_and_one_less_for_the_second_derivative_next_to_them(int order)
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (var f in Bounded)
        {
            for (int m = 1; m <= 2; m++)
            {
                double coarse = MaximumError(Scheme(order), Axis(40), f.Value, m, m == 1 ? f.First : f.Second);
                double fine = MaximumError(Scheme(order), Axis(80), f.Value, m, m == 1 ? f.First : f.Second);
                Assert.IsGreaterThan(order - (m == 1 ? 0.2 : 1.2), Math.Log2(coarse / fine), $"{f.Name}, derivative {m}: {coarse:E2}, {fine:E2}");
            }

            GridAxis Axis(int points) => GridAxis.Bounded(points, Length, Condition(f.LowerSlope, 0), Condition(f.UpperSlope, Length));

            BoundaryCondition Condition(bool isSlope, double x) => isSlope ? BoundaryCondition.Neumann(f.First(x)) : BoundaryCondition.Dirichlet(f.Value(x));
        }
    }

    [TestMethod]
    public void Spectral_derivatives_of_waves_that_meet_the_boundary_conditions_are_exact()
    {
        using DisposeScope scope = NewDisposeScope();
        double k = Math.PI / Length;
        (GridAxis Axis, Func<double, double> Value, Func<double, double> First, Func<double, double> Second)[] cases =
        [
            (GridAxis.Periodic(15, Length), x => Math.Sin(4 * k * x), x => 4 * k * Math.Cos(4 * k * x), x => -16 * k * k * Math.Sin(4 * k * x)),
            (GridAxis.Periodic(16, Length), x => Math.Cos(2 * k * x), x => -2 * k * Math.Sin(2 * k * x), x => -4 * k * k * Math.Cos(2 * k * x)),
            (Between(BoundaryCondition.Dirichlet(1), BoundaryCondition.Dirichlet(3)), x => 1 + (2 * x / Length) + Math.Sin(3 * k * x), x => (2 / Length) + (3 * k * Math.Cos(3 * k * x)), x => -9 * k * k * Math.Sin(3 * k * x)),
            (Between(BoundaryCondition.Neumann(1), BoundaryCondition.Neumann(-1)), x => 5 + x - (x * x / Length) + Math.Cos(2 * k * x), x => 1 - (2 * x / Length) - (2 * k * Math.Sin(2 * k * x)), x => (-2 / Length) - (4 * k * k * Math.Cos(2 * k * x))),
            (Between(BoundaryCondition.Dirichlet(2), BoundaryCondition.Neumann(4)), x => 2 + (4 * x) + Math.Sin(1.5 * k * x), x => 4 + (1.5 * k * Math.Cos(1.5 * k * x)), x => -2.25 * k * k * Math.Sin(1.5 * k * x)),
            (Between(BoundaryCondition.Neumann(4), BoundaryCondition.Dirichlet(2)), x => 2 + (4 * (x - Length)) + Math.Cos(0.5 * k * x), x => 4 - (0.5 * k * Math.Sin(0.5 * k * x)), x => -0.25 * k * k * Math.Cos(0.5 * k * x)),
        ];
        foreach (var c in cases)
        {
            Assert.IsLessThan(1e-10, MaximumError(DerivativeScheme.Spectral, c.Axis, c.Value, 1, c.First), c.Axis.ToString());
            Assert.IsLessThan(1e-9, MaximumError(DerivativeScheme.Spectral, c.Axis, c.Value, 2, c.Second), c.Axis.ToString());
        }

        static GridAxis Between(BoundaryCondition lower, BoundaryCondition upper) => GridAxis.Bounded(12, Length, lower, upper);
    }

    [TestMethod]
    public void Diffusion_with_any_boundaries_has_no_growing_part()
    {
        using DisposeScope scope = NewDisposeScope();
        BoundaryCondition[] conditions = [BoundaryCondition.Dirichlet(), BoundaryCondition.Neumann()];
        DerivativeScheme[] schemes = [DerivativeScheme.SecondOrder, DerivativeScheme.FourthOrder, DerivativeScheme.Spectral];
        foreach (GridAxis axis in conditions.SelectMany(lower => conditions.Select(upper => GridAxis.Bounded(20, 20, lower, upper))).Append(GridAxis.Periodic(20, 20)))
        {
            foreach (DerivativeScheme scheme in schemes)
            {
                Tensor matrix = scheme.Prepare(axis, 2).Compute(eye(20, dtype: ScalarType.Float64)).select(-1, 1);
                Assert.IsLessThan(1e-9, linalg.eigvals(matrix).real.max().item<double>(), $"{scheme}, {axis}");
            }
        }
    }

    [TestMethod]
    public void A_point_depends_on_its_support_alone()
    {
        using DisposeScope scope = NewDisposeScope();
        GridAxis[] axes = [GridAxis.Periodic(9, 1), GridAxis.Bounded(9, 1, BoundaryCondition.Dirichlet(1), BoundaryCondition.Neumann(2))];
        foreach (GridAxis axis in axes)
        {
            foreach (DerivativeScheme scheme in (DerivativeScheme[])[DerivativeScheme.SecondOrder, DerivativeScheme.FourthOrder])
            {
                AxisDerivatives derivatives = scheme.Prepare(axis, 2);
                Tensor change = derivatives.Compute(eye(9, dtype: ScalarType.Float64)) - derivatives.Compute(zeros(9, 9, ScalarType.Float64));
                Tensor depends = change.abs().amax([2]).gt(1e-9);
                for (int point = 0; point < 9; point++)
                {
                    int[] expected = [.. Enumerable.Range(0, 9).Where(other => depends[other, point].item<bool>())];
                    Assert.IsTrue(expected.All(derivatives.Support(point)!.Contains), $"{scheme}, {axis}, point {point}");
                }
            }
        }

        Assert.IsNull(DerivativeScheme.Spectral.Prepare(axes[0], 1).Support(0));
    }

    [TestMethod]
    public void What_cannot_be_differentiated_is_refused()
    {
        GridAxis bounded = GridAxis.Bounded(9, 1, BoundaryCondition.Dirichlet(), BoundaryCondition.Dirichlet());
        Assert.ThrowsExactly<ArgumentException>(() => DerivativeScheme.SecondOrder.Prepare(bounded, 3));
        Assert.ThrowsExactly<ArgumentException>(() => DerivativeScheme.SecondOrder.Prepare(GridAxis.Periodic(9, 1), 5));
        Assert.ThrowsExactly<ArgumentException>(() => DerivativeScheme.FourthOrder.Prepare(GridAxis.Periodic(4, 1), 1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => GridAxis.Periodic(2, 1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => GridAxis.Periodic(9, double.NaN));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => BoundaryCondition.Dirichlet(double.PositiveInfinity));
        Assert.ThrowsExactly<ArgumentException>(() => new FieldGrid());
    }

    private static DerivativeScheme Scheme(int order) => order == 2 ? DerivativeScheme.SecondOrder : DerivativeScheme.FourthOrder;

    private static double MaximumError(DerivativeScheme scheme, GridAxis axis, Func<double, double> value, int m, Func<double, double> expected)
    {
        Tensor derivatives = scheme.Prepare(axis, m).Compute(tensor(axis.Positions.Select(value).ToArray()).unsqueeze(0));
        return (derivatives.select(-1, m - 1).squeeze(0) - tensor(axis.Positions.Select(expected).ToArray())).abs().max().item<double>();
    }
}
