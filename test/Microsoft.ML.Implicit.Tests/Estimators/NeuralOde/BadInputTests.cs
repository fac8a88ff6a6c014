using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.NeuralOde;

/// <summary>What the neural ODE trainers refuse, and what they say.</summary>
[TestClass]
public sealed class BadInputTests
{
    public static IEnumerable<object[]> Impossible => Cases(
        ("Field", options => options.Field = (OdeFieldKind)7),
        ("Solver", options => options.Solver = (OdeSolverKind)7),
        ("StateWidth", options => options.StateWidth = -1),
        ("AugmentedDimensions", options => options.AugmentedDimensions = -1),
        ("HiddenWidth", options => options.HiddenWidth = 0),
        ("HiddenLayers", options => options.HiddenLayers = 0),
        ("Tolerance", options => options.Tolerance = 0),
        ("MaximumSteps", options => options.MaximumSteps = 0),
        ("KineticPenalty", options => options.KineticPenalty = double.NaN),
        ("JacobianPenalty", options => options.JacobianPenalty = -1),
        ("SecondDerivativePenalty", options => options.SecondDerivativePenalty = double.PositiveInfinity),
        ("ThirdDerivativePenalty", options => options.ThirdDerivativePenalty = -0.1),
        ("EndTimeSpread", options => options.EndTimeSpread = 1),
        ("EvaluationColumnName", options => options.EvaluationColumnName = string.Empty),
        ("EvaluationColumnName", options => options.EvaluationColumnName = "Score"),
        ("Image", options => options.Field = OdeFieldKind.Convolutional),
        ("Dropout", options => options.Dropout = 1));

    [TestMethod]
    [DynamicData(nameof(Impossible))]
    public void An_impossible_setting_is_refused_by_its_name(string setting, Action<NeuralOdeOptions> change)
    {
        var options = new NeuralOdeOptions();
        change(options);
        StringAssert.Contains(Assert.Throws<ArgumentException>(() => new MLContext().Regression.Trainers.NeuralOde(options)).Message, setting, StringComparison.Ordinal);
    }

    [TestMethod]
    public void A_solve_that_needs_too_many_steps_ends_training_with_what_to_change()
    {
        var ml = new MLContext(seed: 1);
        NeuralOdeOptions options = Annuli.Options(augmented: 1, epochs: 3);
        (options.MaximumSteps, options.Tolerance) = (1, 1e-6);
        InvalidOperationException exception = Assert.ThrowsExactly<InvalidOperationException>(
            () => ml.BinaryClassification.Trainers.NeuralOde(options).Fit(ml.Data.LoadFromEnumerable(Annuli.Create(40, seed: 1))));
        StringAssert.Contains(exception.Message, "MaximumSteps (1)", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Images_of_another_size_than_the_features_are_refused()
    {
        var ml = new MLContext(seed: 1);
        var options = new NeuralOdeOptions { Field = OdeFieldKind.Convolutional, Image = new ImageShape(1, 1, 3) };
        ArgumentException exception = Assert.Throws<ArgumentException>(() => ml.BinaryClassification.Trainers.NeuralOde(options).Fit(ml.Data.LoadFromEnumerable(Annuli.Create(40, seed: 1))));
        StringAssert.Contains(exception.Message, "Image is 1 x 1 x 3", StringComparison.Ordinal);
    }

    [TestMethod]
    public void One_class_and_an_initial_model_of_another_field_are_refused()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Annuli.Create(40, seed: 1));
        IDataView discs = ml.Data.LoadFromEnumerable(Annuli.Create(40, seed: 1).Where(row => row.Label).ToArray());
        NeuralOdeOptions dense = Annuli.Options(augmented: 1, epochs: 1), image = Annuli.Options(augmented: 1, epochs: 1);
        (image.Field, image.Image) = (OdeFieldKind.Convolutional, new ImageShape(1, 1, 2));
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => ml.BinaryClassification.Trainers.NeuralOde(dense).Fit(discs)).Message, "nothing to tell apart", StringComparison.Ordinal);
        using NeuralOdeTransformer model = ml.BinaryClassification.Trainers.NeuralOde(dense).Fit(data);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => ml.BinaryClassification.Trainers.NeuralOde(image).Fit(data, model.Model)).Message, "its Field is Dense", StringComparison.Ordinal);
    }

    private static IEnumerable<object[]> Cases(params (string Setting, Action<NeuralOdeOptions> Change)[] cases) => cases.Select(c => new object[] { c.Setting, c.Change });
}
