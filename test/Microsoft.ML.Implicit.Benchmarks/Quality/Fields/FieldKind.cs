using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Layers.Fields.Terms;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Fields;

/// <summary>An equation with what its runs begin with and when they are seen.</summary>
/// <param name="Name">Name in the tables.</param>
/// <param name="Grid">Where fields are known.</param>
/// <param name="Terms">The equation.</param>
/// <param name="Start">Draws the field that a run begins with.</param>
/// <param name="Times">Times of its rows; the last is that of the test.</param>
/// <param name="Known">Its terms with the right coefficients, where the forecaster knows their form.</param>
internal sealed record FieldKind(string Name, FieldGrid Grid, Func<FieldTerm[]> Terms, Func<Random, double[]> Start, double[] Times, params PhysicalTerm[] Known)
{
    /// <summary>Time that passes before a run's first row.</summary>
    public double Before { get; init; }

    /// <summary>Highest derivative that the learned part sees.</summary>
    public int ClosureDerivatives { get; init; } = 2;

    public FieldDerivatives Derivatives { get; init; } = FieldDerivatives.FourthOrder;

    public FieldSolver Solver { get; init; } = FieldSolver.Explicit;

    private static FieldGrid Rod { get; } = new(GridAxis.Bounded(48, 1, BoundaryCondition.Neumann(), BoundaryCondition.Neumann()));

    private static FieldGrid Plate { get; } = new(GridAxis.Bounded(16, 1, BoundaryCondition.Dirichlet(), BoundaryCondition.Dirichlet()), GridAxis.Periodic(20, 1.5));

    public static IReadOnlyList<FieldKind> All { get; } =
    [
        // As in Li et al., "Fourier neural operator for parametric partial differential equations", 2021: N(0, 625 (−Δ + 25)⁻²).
        new("burgers", Around(64, 1), () => [new Convection(), new Diffusion(0.1)], GaussianField, Rows(11, 0.1), new(PhysicalTermKind.Convection, 1), new(PhysicalTermKind.Diffusion, 0.1)) { Solver = FieldSolver.Implicit },
        new("advection", Around(64, 2), () => [new Advection([0.6])], random => FieldStart.Waves(Around(64, 2), random, 4), Rows(11, 0.15), new PhysicalTerm(PhysicalTermKind.Advection, 0.6)),
        new(
            "heat", Rod, () => [new Diffusion(0.05)], random => FieldStart.Waves(Rod, random, 6), Rows(11, 0.1), new PhysicalTerm(PhysicalTermKind.Diffusion, 0.05)),
        new(
            "growth", Around(64, 1), () => [new Diffusion(0.002), new Reaction([0, 2, -2])], random => Squeezed(FieldStart.Waves(Around(64, 1), random, 3), 0.4, 0.35), Rows(11, 0.15), new(PhysicalTermKind.Diffusion, 0.002), new(PhysicalTermKind.Reaction, 0, 2, -2, 0)),
        new(
            "phases", Around(64, 1), () => [new Diffusion(0.002), new Reaction([0, 3, 0, -3])], random => Squeezed(FieldStart.Waves(Around(64, 1), random, 4), 0, 0.9), Rows(11, 0.1), new(PhysicalTermKind.Diffusion, 0.002), new(PhysicalTermKind.Reaction, 0, 3, 0, -3)),
        new("flames", Around(32, 22), () => [new Convection(), new Instability()], random => FieldStart.Waves(Around(32, 22), random, 3), Rows(11, 0.5)) { Before = 40, ClosureDerivatives = 4, Derivatives = FieldDerivatives.Spectral },
        new("plate", Plate, () => [new Diffusion(0.02), new Advection([0, 0.4])], random => FieldStart.Waves(Plate, random, 2), Rows(11, 0.1), new(PhysicalTermKind.Diffusion, 0.02), new(PhysicalTermKind.Advection, 0, 0.4)),
        new("saturation", Around(64, 1), () => [new Diffusion(0.003), new Saturation()], random => Squeezed(FieldStart.Waves(Around(64, 1), random, 3), 2, 1.8), Rows(11, 0.1)),
    ];

    private static FieldGrid Around(int points, double length) => new(GridAxis.Periodic(points, length));

    private static double[] Rows(int count, double gap) => [.. Enumerable.Range(0, count).Select(i => gap * i)];

    private static double[] Squeezed(double[] field, double middle, double reach) => [.. field.Select(value => middle + (reach * Math.Tanh(value)))];

    private static double[] GaussianField(Random random)
    {
        double Deviation(int wave) => 25 / ((4 * Math.PI * Math.PI * wave * wave) + 25);
        double mean = random.NextNormal() * Deviation(0);
        (double Cosine, double Sine)[] waves = [.. Enumerable.Range(1, 24).Select(k => (Math.Sqrt(2) * Deviation(k) * random.NextNormal(), Math.Sqrt(2) * Deviation(k) * random.NextNormal()))];
        return [.. Enumerable.Range(0, 64).Select(i => i / 64.0).Select(x => mean + waves.Select((wave, k) => (wave.Cosine * Math.Cos(2 * Math.PI * (k + 1) * x)) + (wave.Sine * Math.Sin(2 * Math.PI * (k + 1) * x))).Sum())];
    }
}
