using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Layers.Fields.Terms;

namespace Microsoft.ML.Implicit.Tests.Estimators.Field;

[TestClass]
public sealed class FieldForecasterTests
{
    private static readonly double[] Times = [.. Enumerable.Range(0, 9).Select(i => 0.05 * i)];

    [TestMethod]
    public void A_viscosity_is_found_within_a_percent_in_the_units_of_the_data()
    {
        FieldRow[] rows = Simulation.Create(3, Times, seed: 1, new Convection(), new Diffusion(0.03));
        using FieldTransformer model = Fit(rows, Options(), [new PhysicalTerm(PhysicalTermKind.Convection, 1), new PhysicalTerm(PhysicalTermKind.Diffusion)]);
        PhysicalTerm viscosity = model.Model.Terms[1];
        Console.WriteLine(model.Model);Assert.Fail(model.Model.ToString());
        Console.WriteLine(viscosity.Coefficients[0]);
        Assert.AreEqual(0.03, viscosity.Coefficients[0], 3e-4);
    }

    [TestMethod]
    public void Speed_decay_and_conductivity_are_found_together()
    {
        FieldRow[] rows = Simulation.Create(3, Times, seed: 1, new Advection([0.4]), new Diffusion(0.02), new Reaction([0.1, -0.5, 0, 0]));
        IReadOnlyList<PhysicalTerm> terms = Fit(rows, Options(), [new PhysicalTerm(PhysicalTermKind.Advection), new PhysicalTerm(PhysicalTermKind.Diffusion), new PhysicalTerm(PhysicalTermKind.Reaction)]).Model.Terms;
        Console.WriteLine(string.Join(';', terms));
        Assert.AreEqual(0.4, terms[0].Coefficients[0], 0.004);
        Assert.AreEqual(0.02, terms[1].Coefficients[0], 2e-4);
        Assert.AreEqual(0.1, terms[2].Coefficients[0], 0.01);
        Assert.AreEqual(-0.5, terms[2].Coefficients[1], 0.02);
    }

    [TestMethod]
    public void A_learned_equation_forecasts_new_fields_far_ahead_from_few_series()
    {
        FieldRow[] rows = Simulation.Create(6, Times, seed: 1, new Convection(), new Diffusion(0.03));
        FieldRow[] unseen = Simulation.Create(10, [0, 1], seed: 2, new Convection(), new Diffusion(0.03));
        using FieldTransformer model = Fit(rows, Options(horizon: 1), []);
        Console.WriteLine(model.Model);
        double error = RelativeError(model, unseen[..10], unseen[10..]);
        Assert.Fail(error + model.Model.ToString());
        Assert.IsLessThan(0.01, error);
    }

    private static FieldOptions Options(double horizon = 0.4) => new() { Grid = Simulation.Grid, Horizon = [horizon], SeriesColumnName = nameof(FieldRow.Run), Training = { Seed = 1 } };

    private static FieldTransformer Fit(FieldRow[] rows, FieldOptions options, PhysicalTerm[] terms)
    {
        var ml = new MLContext(seed: 1);
        options.Terms = terms;
        options.LearnsClosure = terms.Length == 0;
        return ml.Forecasting.ForecastField(options).Fit(ml.Data.LoadFromEnumerable(rows));
    }

    private static double RelativeError(ITransformer model, FieldRow[] starts, FieldRow[] ends)
    {
        float[][] forecasts = Scored.Vectors(model.Transform(new MLContext().Data.LoadFromEnumerable(starts)), "Forecast");
        return forecasts.Zip(ends, (forecast, end) =>
            Math.Sqrt(forecast.Zip(end.Field, (left, right) => Math.Pow(left - right, 2)).Sum() / end.Field.Sum(value => value * (double)value))).Average();
    }
}
