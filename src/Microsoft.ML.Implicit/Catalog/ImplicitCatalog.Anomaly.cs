using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML;

public static partial class ImplicitCatalog
{
    /// <summary>Learns the density of feature vectors with a continuous normalizing flow, and flags rows of low density.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.AnomalyDetection"/>.</param>
    /// <param name="featureColumnName">Feature column: a vector of Single of known size, finite in training.</param>
    /// <param name="exampleWeightColumnName">Column of example weights (Single), or <see langword="null"/>.</param>
    /// <param name="contamination">Largest fraction of the training rows that are taken for anomalies, from 0 to 0.5. Rows of equal score are all taken for anomalies or none.</param>
    /// <returns>The trainer.</returns>
    /// <example><code>
    /// var detector = ml.AnomalyDetection.Trainers.NormalizingFlow(contamination: 0.05);   // Score, ScoreQuantile, PredictedLabel, LogDensity
    /// </code></example>
    public static NormalizingFlowTrainer NormalizingFlow(
        this AnomalyDetectionCatalog.AnomalyDetectionTrainers catalog,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null,
        double contamination = 0.05) =>
        catalog.NormalizingFlow(new NormalizingFlowOptions
        {
            FeatureColumnName = featureColumnName,
            ExampleWeightColumnName = exampleWeightColumnName,
            Contamination = contamination,
        });

    /// <summary>Learns the density of feature vectors with a continuous normalizing flow, and flags rows of low density.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.AnomalyDetection"/>.</param>
    /// <param name="options">All settings.</param>
    /// <returns>The trainer.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <example><code>
    /// var options = new NormalizingFlowOptions { Contamination = 0.05 };
    ///
    /// NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(normal);
    /// </code></example>
    public static NormalizingFlowTrainer NormalizingFlow(this AnomalyDetectionCatalog.AnomalyDetectionTrainers catalog, NormalizingFlowOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new NormalizingFlowTrainer(CatalogUtils.GetEnvironment(catalog), options);
    }

    /// <summary>Creates a model that flags rows from another score on.</summary>
    /// <param name="catalog"><see cref="MLContext.AnomalyDetection"/>.</param>
    /// <param name="model">A trained model.</param>
    /// <param name="threshold">Score, in nats, from which on a row counts as an anomaly.</param>
    /// <returns>The new model; the given one stays as it is.</returns>
    /// <remarks>ML.NET's own function of this name takes its own sealed transformer only.</remarks>
    /// <example><code>
    /// NormalizingFlowTransformer stricter = ml.AnomalyDetection.ChangeModelThreshold(model, threshold: model.Model.Threshold + 2);
    /// </code></example>
    public static NormalizingFlowTransformer ChangeModelThreshold(this AnomalyDetectionCatalog catalog, NormalizingFlowTransformer model, float threshold)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(model);
        return float.IsNaN(threshold)
            ? throw new ArgumentException("The threshold must be a number.", nameof(threshold))
            : model.WithThreshold(threshold);
    }

    /// <summary>Learns the density of feature vectors, and turns them into latent vectors and log densities.</summary>
    /// <param name="catalog"><see cref="MLContext.Transforms"/>.</param>
    /// <param name="outputColumnName">Column of latent vectors, standard normal if the model is right.</param>
    /// <param name="featureColumnName">Feature column: a vector of Single of known size, finite in training.</param>
    /// <param name="logDensityColumnName">Column of log densities, in nats.</param>
    /// <returns>The estimator; <see cref="LatentTransformer.CreateInverse"/> of what it fits leads back.</returns>
    /// <example><code>
    /// var features = ml.Transforms.NormalizingFlow(outputColumnName: "Latent");           // latent vectors as features, with inverse
    /// </code></example>
    public static NormalizingFlowEstimator NormalizingFlow(
        this TransformsCatalog catalog,
        string outputColumnName = "Latent",
        string featureColumnName = DefaultColumnNames.Features,
        string logDensityColumnName = "LogDensity") =>
        catalog.NormalizingFlow(new NormalizingFlowOptions { FeatureColumnName = featureColumnName }, outputColumnName, logDensityColumnName);

    /// <summary>Learns the density of feature vectors, and turns them into latent vectors and log densities.</summary>
    /// <param name="catalog"><see cref="MLContext.Transforms"/>.</param>
    /// <param name="options">All settings.</param>
    /// <param name="outputColumnName">Column of latent vectors, standard normal if the model is right.</param>
    /// <param name="logDensityColumnName">Column of log densities, in nats.</param>
    /// <returns>The estimator; <see cref="LatentTransformer.CreateInverse"/> of what it fits leads back.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <example><code>
    /// LatentTransformer encoder = ml.Transforms.NormalizingFlow(options, outputColumnName: "Latent").Fit(data);
    /// IDataView latent = encoder.Transform(data);
    /// IDataView restored = encoder.CreateInverse("Restored").Transform(latent);
    /// </code></example>
    public static NormalizingFlowEstimator NormalizingFlow(
        this TransformsCatalog catalog,
        NormalizingFlowOptions options,
        string outputColumnName = "Latent",
        string logDensityColumnName = "LogDensity")
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new NormalizingFlowEstimator(CatalogUtils.GetEnvironment(catalog), outputColumnName, logDensityColumnName, options);
    }
}
