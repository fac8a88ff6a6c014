using System.Reflection;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Tests.Estimators.EveryModel;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Architecture;

/// <summary>
/// Whoever adds an estimator adds it to the lists of models from which devices, ONNX files, engines, weights, validation, cancellation, progress and check points are tested:
/// these tests fail where one is left out. That every transformer is saved and loaded is seen where models are.
/// </summary>
[TestClass]
public sealed class EveryModelCoverageTests
{
    // Its rows are not those that it reads, so that what holds for a row and its score says nothing of it.
    private static readonly Type[] WithoutRowsOfItsOwn = [typeof(SeriesGroupingTransformer)];

    // Fitted in closed form or by Newton's method to ML.NET's own linear models: nothing of what trains by gradients is asked of them.
    private static readonly Type[] OfMLNet = [typeof(PenalizedLinearBinaryTrainer), typeof(PenalizedLinearMulticlassTrainer), typeof(PenalizedLinearRegressionTrainer)];

    // It has options of no kind, and nothing to fit.
    private static readonly Type[] WithoutModel = [typeof(SeriesGroupingEstimator)];

    public static IEnumerable<Type> Trainers => LibraryTypes.Trainers;

    [TestMethod]
    public void Every_trainer_is_among_those_that_keep_the_contract_of_trainers() =>
        AssertNone(LibraryTypes.Trainers.Except(TrainerCase.All.Select(trainer => trainer.Trainer)));

    [TestMethod]
    public void Every_transformer_is_among_the_models_that_are_moved_written_to_ONNX_and_asked_row_by_row() =>
        AssertNone(LibraryTypes.Transformers.Except(SmallModel.All.Select(model => model.Transformer)).Except(WithoutRowsOfItsOwn));

    [TestMethod]
    public void Every_estimator_has_one_form_for_training_and_one_for_the_rest()
    {
        Type[] ours = [.. typeof(ImplicitEstimator<>).Assembly.GetTypes().Where(type =>
            type is { IsPublic: true, IsClass: true, IsAbstract: false } && type.GetInterfaces().Any(form => form.IsGenericType && form.GetGenericTypeDefinition() == typeof(IEstimator<>)))];
        AssertNone(ours.Except(LibraryTypes.Estimators).Except(OfMLNet).Except(WithoutModel));
    }

    [TestMethod]
    [DynamicData(nameof(Trainers))]
    public void Every_trainer_takes_validation_rows_weights_and_the_same_settings_of_training(Type trainer)
    {
        Assert.IsNotNull(trainer.GetMethod("Fit", [typeof(IDataView), typeof(IDataView)]));
        Type options = OptionsOf(trainer);
        Assert.AreEqual(typeof(TrainingOptions), options.GetProperty("Training")?.PropertyType);
        Assert.AreEqual(typeof(string), options.GetProperty("ExampleWeightColumnName")?.PropertyType ?? options.GetField("ExampleWeightColumnName")?.FieldType);
        string[] own = [.. options.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => property.Name).Intersect(typeof(TrainingOptions).GetProperties().Select(property => property.Name))];
        Assert.IsEmpty(own, $"{options.Name} says again what its Training says.");
    }

    [TestMethod]
    public void Settings_that_trainers_share_stand_in_a_base()
    {
        string[] shared = [nameof(ImplicitTrainerOptions.Training), nameof(ImplicitTrainerOptions.ExampleWeightColumnName)];
        string[] again = [.. LibraryTypes.Trainers.Select(OptionsOf).Distinct().Where(options => options.IsSubclassOf(typeof(ImplicitTrainerOptions)))
            .SelectMany(options => options.GetProperties().Where(property => shared.Contains(property.Name) && property.DeclaringType != typeof(ImplicitTrainerOptions))
                .Select(property => $"{options.Name}.{property.Name}"))];
        Assert.IsEmpty(again, string.Join(", ", again));
    }

    [TestMethod]
    public void Every_transformer_scores_batches_and_can_be_moved() =>
        AssertNone(LibraryTypes.Transformers.Where(type => !typeof(BatchTransformer).IsAssignableFrom(type)).Except(WithoutRowsOfItsOwn));

    private static Type OptionsOf(Type trainer) => trainer.GetConstructors(BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.Instance)
        .SelectMany(constructor => constructor.GetParameters()).Select(parameter => parameter.ParameterType).First(type => typeof(ITrainerOptions).IsAssignableFrom(type));

    private static void AssertNone(IEnumerable<Type> types) => Assert.IsEmpty(types.Select(type => type.Name).ToArray(), string.Join(", ", types.Select(type => type.Name)));
}
