using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML;

public static partial class ImplicitCatalog
{
    /// <summary>
    /// Learns a few rows on which a trainer gives nearly the model that it gives on all rows of the data (Wang, Zhu, Torralba and Efros 2018, "Dataset distillation"), by gradients
    /// through its training.
    /// </summary>
    /// <param name="catalog">The operations of <see cref="MLContext"/>.</param>
    /// <param name="trainer">The trainer, of a penalised linear model, which says the columns, the loss and the penalties.</param>
    /// <param name="data">Rows, with the trainer's columns.</param>
    /// <param name="count">Rows to learn: at least two, at least one a class, and fewer than the data has.</param>
    /// <returns>The rows, and what they are worth.</returns>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type, or the number of rows is out of range.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be trained on; the message says why.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <example><code>
    /// RowDistillation distilled = ml.Implicit().DistillRows(ml.BinaryClassification.Trainers.PenalizedLinear("Strong"), train, count: 10);
    /// </code></example>
    public static RowDistillation DistillRows(this ImplicitOperationsCatalog catalog, IDistillingTrainer trainer, IDataView data, int count) =>
        catalog.DistillRows(trainer, data, new RowDistillationOptions { Count = count });

    /// <summary>Learns a few rows on which a trainer gives nearly the model that it gives on all rows of the data, with all settings.</summary>
    /// <param name="catalog">The operations of <see cref="MLContext"/>.</param>
    /// <param name="trainer">The trainer, of a penalised linear model, which says the columns, the loss and the penalties.</param>
    /// <param name="data">Rows, with the trainer's columns.</param>
    /// <param name="options">All settings.</param>
    /// <returns>The rows, and what they are worth.</returns>
    /// <exception cref="ArgumentException">A setting is out of range, or a column is missing or has the wrong type.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be trained on; the message says why.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <example><code>
    /// RowDistillation distilledWithOptions = ml.Implicit().DistillRows(trainer, train, new RowDistillationOptions { Count = 6, Seed = 2 });
    /// </code></example>
    public static RowDistillation DistillRows(this ImplicitOperationsCatalog catalog, IDistillingTrainer trainer, IDataView data, RowDistillationOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return trainer.Distill(data, options);
    }
}
